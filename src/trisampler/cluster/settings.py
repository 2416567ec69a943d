"""Where heavy work is done."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class ClusterSettings(BaseModel):
    """Whether a Ray cluster does the heavy work, and in which portions.

    What it decides is where results are made, not what they are: input keys leave it out.
    """

    no_effect_on_results: ClassVar[bool] = True
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["none", "ray"] = Field(
        "none",
        description="none: this process encodes, searches and trains; ray: workers of a Ray "
        "cluster do.",
    )
    address: str | None = Field(
        None,
        min_length=1,
        description="Of a running cluster, host:port; without it what RAY_ADDRESS names, else a "
        "cluster of this machine alone that lasts as long as the run.",
    )
    workers: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto",
        description="At most so many encode or search at once; auto: as many as fit the cluster. "
        "How many train is training.processes.",
    )
    cpus_per_worker: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto",
        description="CPUs of a worker, and its threads; auto: the threads of the process that "
        "starts the run, so that a worker computes as that would.",
    )
    gpus_per_worker: int = Field(0, ge=0, le=1, description="1: each worker has a GPU of its own.")
