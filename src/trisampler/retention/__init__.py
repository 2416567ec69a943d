"""What retraining leaves behind, and which of it may go.

| module | what it finds |
|---|---|
| `rounds` | artifacts of rounds, and checkpoints of cells, that the structure no longer has |
| `stores` | vectors and scores of encoders and teachers that nothing points to any more |
| `temporaries` | what processes that were killed were writing |
| `versions` | old versions of the registered model, each with its bundle |
| `runs` | the models and rankings that old MLflow runs logged |
| `copies` | bundles that were fetched from a server, of versions that are gone |

Each returns `Leftover`s, which say what they are, why they may go and how large they are, and which
`prune` removes. What stays, `docs/retention.md` says.
"""

from trisampler.retention.leftover import Leftover, Pruned, prune
from trisampler.retention.settings import RetentionSettings

__all__ = ["Leftover", "Pruned", "RetentionSettings", "prune"]
