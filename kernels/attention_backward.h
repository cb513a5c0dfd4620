/* attention_backward.h: what the two forms of attention_backward share. */
#pragma once

#include "attention_tile.h"

namespace leeway {

template <class T>
struct BackwardArrays {
    const T *q;
    const T *k;
    const T *v;
    const T *out;
    const float *lse;
    const T *dout;
    float *delta;
    T *dq;
    T *dk;
    T *dv;
};

template <class T>
BackwardArrays<T> arrays_of(const leeway_attention_backward_args &args) {
    auto in = [](const void *p) { return static_cast<const T *>(p); };
    auto out = [](void *p) { return static_cast<T *>(p); };
    return {in(args.q),    in(args.k), in(args.v),   in(args.out),  args.lse,
            in(args.dout), args.delta, out(args.dq), out(args.dk), out(args.dv)};
}

}  // namespace leeway
