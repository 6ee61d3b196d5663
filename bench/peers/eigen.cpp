/* eigen.cpp - Eigen: a sparse row-major block times a dense row-major matrix, blocks that stay in
 * the cache, one thread each. */
#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <algorithm>
#include <vector>

#include "peer.h"

using Sparse = Eigen::Map<const Eigen::SparseMatrix<float, Eigen::RowMajor, int32_t>>;
using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

static int64_t block_rows;
static std::vector<int32_t> starts; /* of each block, which begin at 0: block_rows + 1 */

static void prepare(peer_data *data)
{
    Eigen::setNbThreads(1);
    block_rows = peer_block_rows(data);
    for (int64_t first = 0; first < data->queries; first += block_rows) {
        int64_t rows = std::min(block_rows, data->queries - first);
        for (int64_t row = 0; row <= rows; row++) {
            starts.push_back(static_cast<int32_t>(data->indptr[first + row] - data->indptr[first]));
        }
        starts.resize(static_cast<size_t>((first / block_rows + 1) * (block_rows + 1)));
    }
}

static void score_block(const peer_data *data, int64_t block, Dense &scores)
{
    const Eigen::Map<const Dense> weights(data->weights, data->tags, data->models);
    const Eigen::Map<const Eigen::RowVectorXf> bias(data->bias, data->models);
    const int64_t first = block * block_rows, entry = data->indptr[first];
    const int64_t rows = std::min(block_rows, data->queries - first);
    const Sparse x(rows, data->tags, data->indptr[first + rows] - entry,
                   starts.data() + block * (block_rows + 1), data->indices + entry,
                   data->values + entry);
    scores.topRows(rows) = bias.replicate(rows, 1);
    scores.topRows(rows).noalias() += x * weights;
    asm volatile("" : : "r"(scores.data()) : "memory");
}

static void run(peer_data *data, bool decide)
{
    const int64_t blocks = (data->queries + block_rows - 1) / block_rows;
#pragma omp parallel num_threads(data->threads)
    {
        Dense scores(block_rows, data->models);
#pragma omp for schedule(dynamic, 1)
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t first = block * block_rows;
            const int64_t rows = decide ? std::min(block_rows, data->queries - first) : 0;
            score_block(data, block, scores);
            for (int64_t row = 0; row < rows; row++) {
                data->decision[first + row] =
                    peer_best(scores.data() + row * data->models, data->models);
            }
        }
    }
}

static void decide(peer_data *data)
{
    run(data, true);
}

static void score(peer_data *data)
{
    run(data, false);
}

int main(int count, char **words)
{
    const peer eigen = {PEER_TEXT(EIGEN_WORLD_VERSION) "." PEER_TEXT(
                            EIGEN_MAJOR_VERSION) "." PEER_TEXT(EIGEN_MINOR_VERSION),
                        prepare, decide, score};
    return peer_main(count, words, &eigen);
}
