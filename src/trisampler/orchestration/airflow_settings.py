"""What conf/<env>/airflow.yml may hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from trisampler.errors import TrisamplerError, fitting


class AirflowError(TrisamplerError):
    """airflow.yml does not fit."""


class AirflowSettings(BaseModel):
    """How Airflow runs the DAG; what a run does stands in the parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dag_id: str | None = Field(
        description="None: made of the project, the pipeline and the environment.",
        pattern=r"^[\w.-]+$",
    )
    schedule: str | None = Field(description="Cron or a preset such as @weekly; None: on demand.")
    start_date: date = Field(description="Nothing is scheduled before.")
    timezone: str = Field(description="Of start date and schedule, by its IANA name.")
    catchup: bool = Field(description="Whether what was missed since the start date is made up.")
    retries: int = Field(description="Of each task.", ge=0)
    retry_delay: float = Field(description="Seconds before a retry.", ge=0)
    execution_timeout: float | None = Field(description="Seconds that a task may take.", gt=0)
    max_active_tasks: int = Field(description="Tasks that run at once.", ge=1)
    params: str = Field(description="Parameters of every run, as `kedro run --params` takes them.")
    project: Path | None = Field(
        description="The project's folder where tasks run; None: where the file is written."
    )
    python: Path | None = Field(
        description="Interpreter of the project's environment there; None: the one that writes."
    )
    environment: dict[str, str] = Field(description="Environment variables of the tasks.")
    tags: tuple[str, ...] = Field(description="By which Airflow finds the DAG.")

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError("no IANA name of a time zone, such as Europe/Berlin") from None
        return timezone


def check_airflow(tree: dict[str, Any]) -> AirflowSettings:
    """Validate the content of airflow.yml.

    Raises:
        AirflowError: Naming every key that does not fit.
    """
    return fitting(AirflowSettings, tree, "airflow.yml", AirflowError)
