"""A transformer and what turns its token vectors into one vector per text.

Import this module inside functions: it loads torch.

Shapes: B texts, L tokens, D dimensions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from trisampler.encoders.settings import Pooling


def pool(hidden_BLD: Tensor, mask_BL: Tensor, pooling: Pooling) -> Tensor:
    """One float32 vector per text (B, D): the mean of its tokens, or its first token.

    Args:
        hidden_BLD: token vectors, any floating dtype.
        mask_BL: 1 at tokens, 0 at padding, which may stand on either side.
        pooling: `mean` or `cls`.
    """
    hidden_BLD = hidden_BLD.float()
    if pooling == "cls":
        first_B = mask_BL.argmax(dim=1)
        return hidden_BLD[torch.arange(len(first_B), device=first_B.device), first_B]
    weights_BL = mask_BL.to(hidden_BLD.dtype)
    sums_BD = torch.bmm(weights_BL.unsqueeze(1), hidden_BLD).squeeze(1)
    return sums_BD / weights_BL.sum(dim=1, keepdim=True).clamp(min=1e-9)


class Tower(nn.Module):
    """Token ids to vectors: backbone, pooling, and normalisation to length 1 where asked.

    Pooling and normalisation are computed in float32 whatever the backbone's precision.
    """

    def __init__(self, backbone: Any, pooling: Pooling, normalize: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling: Pooling = pooling
        self.normalize = normalize

    @property
    def dimension(self) -> int:
        """D, the length of a vector."""
        return int(self.backbone.config.hidden_size)

    def forward(self, input_ids_BL: Tensor, attention_mask_BL: Tensor) -> Tensor:
        """Vectors (B, D), float32, of token ids and mask (B, L), int64.

        Token types are left to the backbone: a single text has only the first type.
        """
        output = self.backbone(input_ids=input_ids_BL, attention_mask=attention_mask_BL)
        with torch.autocast(input_ids_BL.device.type, enabled=False):
            vectors_BD = pool(output.last_hidden_state, attention_mask_BL, self.pooling)
            if self.normalize:
                vectors_BD = nn.functional.normalize(vectors_BD, dim=1)
        return vectors_BD
