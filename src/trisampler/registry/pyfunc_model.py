"""The MLflow model of a bundle: query texts in, documents out.

MLflow copies this file into the model and runs it when the model is loaded ("models from code"), so
that nothing is pickled.
"""

from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class RetrieverModel(PythonModel):
    """Answers each row of a table with the documents that are found for its query."""

    def load_context(self, context: Any) -> None:
        """Open the bundle that lies in the model."""
        from trisampler.release import Bundle

        self._bundle = Bundle.load(context.artifacts["bundle"])

    def predict(
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """The best documents of each query.

        Args:
            context: Not looked at.
            model_input: A table with the column `query`.
            params: `k`, how many documents of each query; 10 by default.

        Returns:
            A table with as many rows: `ids`, `scores`, `titles`, `texts`, each a list of k, the
            best document first.
        """
        k = int((params or {}).get("k", 10))
        found = self._bundle.search([str(text) for text in model_input["query"]], k)
        return pd.DataFrame(
            {
                "ids": found.ids,
                "scores": found.scores_QK.astype(float).tolist(),
                "titles": found.titles,
                "texts": found.texts,
            }
        )


set_model(RetrieverModel())
