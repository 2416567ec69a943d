"""Losses of a batch's scores, in float32.

Legend: B queries, N documents.

    scores_BN    s(q, d), dot products of the vectors
    logits_BN    scores over the temperature
    target_B     int64 column of each query's positive
    allowed_BN   bool: the documents of each query's softmax, its target among them
    teacher_BN   another model's scores, NaN where it gave none
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def info_nce(
    logits_BN: torch.Tensor, target_B: torch.Tensor, allowed_BN: torch.Tensor
) -> torch.Tensor:
    """Mean over the queries of -log softmax(logits)[target].

    InfoNCE (van den Oord et al. 2018, eq. 4); each query's softmax runs over what it is allowed.
    """
    import torch

    return torch.nn.functional.cross_entropy(
        logits_BN.masked_fill(~allowed_BN, -torch.inf), target_B
    )


def reversed_info_nce(
    logits_BN: torch.Tensor, target_B: torch.Tensor, allowed_BN: torch.Tensor
) -> torch.Tensor:
    """InfoNCE the other way round: each query's positive has to find its query among the batch's.

    The symmetric loss of CLIP (Radford et al. 2021) is the mean of both ways. A query that may not
    be contrasted with a document is left out of that document's softmax, and so is another query
    with the same positive.
    """
    import torch

    own_BB = torch.eye(len(target_B), dtype=torch.bool, device=target_B.device)
    other_BB = allowed_BN[:, target_B].T & (target_B[:, None] != target_B[None, :])
    backward_BB = logits_BN[:, target_B].T
    queries_B = torch.arange(len(target_B), device=target_B.device)
    return info_nce(backward_BB, queries_B, own_BB | other_BB)


def kl_divergence(logits_BN: torch.Tensor, teacher_logits_BN: torch.Tensor) -> torch.Tensor:
    """Mean over the queries of KL(teacher || student), over the documents the teacher scored.

    Hinton, Vinyals, Dean 2015, without their factor of the squared temperature. A query with fewer
    than two scored documents has nothing to tell apart and is left out; the loss is 0 where that
    leaves none.
    """
    import torch

    scored_BN = ~teacher_logits_BN.isnan()
    usable_B = scored_BN.sum(dim=1) > 1
    if not usable_B.any():
        return logits_BN.sum() * 0.0
    scored_BN = scored_BN[usable_B]
    student_BN = logits_BN[usable_B].masked_fill(~scored_BN, -torch.inf).log_softmax(dim=1)
    teacher_BN = teacher_logits_BN[usable_B].masked_fill(~scored_BN, -torch.inf).log_softmax(dim=1)
    # The difference of what is not scored would be inf - inf.
    gap_BN = teacher_BN.masked_fill(~scored_BN, 0.0) - student_BN.masked_fill(~scored_BN, 0.0)
    return (teacher_BN.exp() * gap_BN).sum(dim=1).mean()


def margin_mse(
    scores_BN: torch.Tensor, teacher_BN: torch.Tensor, target_B: torch.Tensor
) -> torch.Tensor:
    """Mean over (query, scored negative) of the squared difference of the two models' margins.

    Margin-MSE (Hofstaetter et al. 2020): a margin is s(q, d+) - s(q, d-). The loss is 0 where the
    teacher scored no pair of a target and another document.
    """
    margins_BN = scores_BN.gather(1, target_B[:, None]) - scores_BN
    teacher_margins_BN = teacher_BN.gather(1, target_B[:, None]) - teacher_BN
    scored_BN = ~teacher_margins_BN.isnan()
    scored_BN = scored_BN.scatter(1, target_B[:, None], value=False)
    if not scored_BN.any():
        return scores_BN.sum() * 0.0
    return (margins_BN[scored_BN] - teacher_margins_BN[scored_BN]).square().mean()
