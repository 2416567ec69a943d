"""Contrastive losses over one batch's vectors.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def info_nce(
    query_vectors_BD: torch.Tensor,
    document_vectors_ND: torch.Tensor,
    target_B: torch.Tensor,
    allowed_BN: torch.Tensor,
    temperature: float,
) -> torch.Tensor:
    """Mean over the queries of -log softmax(s / temperature)[target], s the dot products.

    InfoNCE (van den Oord et al. 2018, eq. 4). The softmax of a query runs over the documents that
    `allowed_BN` grants it; it must grant the target. Products and softmax are float32 whatever
    precision surrounds the call.

    Args:
        query_vectors_BD: float32.
        document_vectors_ND: float32.
        target_B: int64 column of each query's positive.
        allowed_BN: bool.
        temperature: above 0.

    Returns:
        A scalar, float32.
    """
    import torch

    with torch.autocast(query_vectors_BD.device.type, enabled=False):
        logits_BN = query_vectors_BD.float() @ document_vectors_ND.float().T / temperature
        logits_BN = logits_BN.masked_fill(~allowed_BN, -torch.inf)
        return torch.nn.functional.cross_entropy(logits_BN, target_B)
