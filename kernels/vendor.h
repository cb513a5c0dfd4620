/* vendor.h: the measured alternative to product.cu: NVIDIA's cuBLASLt, where it is installed and a stream asks for it. Its sums are in an
 * order of its own that depends on the number of rows, so a row's bits depend on the rows beside it. */
#pragma once

#include "stream.h"
#include "vendor_call.h"

namespace leeway {

struct Vendor;

/* Loads libcublasLt (LEEWAY_CUBLASLT names the file, or the loader finds it) for the stream. DEVICE_LOST where there is none. */
leeway_status open_vendor(leeway_stream *stream, Vendor **vendor);
void close_vendor(leeway_stream *stream, Vendor *vendor);

/* Queues a product that fits_vendor. */
leeway_status vendor_product(leeway_stream *stream, const Product &job);

}  // namespace leeway
