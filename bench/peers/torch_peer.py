"""PyTorch: EmbeddingBag with weights a tag, which FBGEMM does where the build has it; then the
indices of max, which takes half the time of argmax."""
import torch

import peer

BLOCK_SCORES = 1 << 18  # calls cost more than caches do


def blocks_of(data):
    for first, last, begin, end in data.blocks(BLOCK_SCORES):
        starts = (data.indptr[first:last] - begin).astype("int32")
        yield (first, last, torch.from_numpy(data.indices[begin:end]),
               torch.from_numpy(data.values[begin:end]), torch.from_numpy(starts))


def prepare(data, threads):
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    weights, bias = torch.from_numpy(data.weights), torch.from_numpy(data.bias)
    decision = torch.from_numpy(data.decision)
    blocks, biased = list(blocks_of(data)), bool(data.bias.any())

    def score_block(indices, values, starts):
        scores = torch.nn.functional.embedding_bag(indices, weights, starts, mode="sum",
                                                   per_sample_weights=values)
        return scores.add_(bias) if biased else scores

    @torch.inference_mode()
    def decide():
        for first, last, *block in blocks:
            decision[first:last] = score_block(*block).max(dim=1).indices

    @torch.inference_mode()
    def score():
        for _, _, *block in blocks:
            score_block(*block)

    return decide, score


fbgemm = "FBGEMM" if "USE_FBGEMM=1" in torch.__config__.show() or \
    "fbgemm" in torch.backends.quantized.supported_engines else "no FBGEMM"
peer.main(f"{torch.__version__}, {fbgemm}", prepare)
