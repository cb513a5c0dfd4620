package dev.leeway.ffi;

import java.util.List;

/**
 * Every op of the C ABI, in the order of {@code leeway.h}. A test parses the header and compares it with this list, field by field.
 *
 * <p>The header is the specification of each op: formula, shapes, numerics. Sizes written in brackets are what {@link Call} checks.
 */
public final class Ops {

    private static final String WEIGHT = "in weight.data[out,in]:weight.dtype; in? weight.absmax; in? weight.packed; i32 weight.dtype; "
        + "i32 weight.reserved; ";
    private static final String LORA = "in? lora.a[lora.rank,in]:F32; in? lora.b[out,lora.rank]:F32; in? lora.row_ids[rows]:I64; "
        + "i64 lora.rank; u64 lora.dropout_seed; f32 lora.scaling; f32 lora.dropout; ";
    private static final String DISTRIBUTION = "in weight.data[vocabulary,hidden]:weight.dtype; in? weight.absmax; in? weight.packed; "
        + "i32 weight.dtype; i32 weight.reserved; in? lora.a[lora.rank,hidden]:F32; in? lora.b[vocabulary,lora.rank]:F32; "
        + "in? lora.row_ids; i64 lora.rank; u64 lora.dropout_seed; f32 lora.scaling; f32 lora.dropout; in? allowed; f32 softcap; "
        + "f32 temperature; ";
    private static final String SOFT = "in? soft_starts[rows+1]:I32; in? soft_ids; in? soft_values; f32 soft_uniform; i32 soft.reserved; ";

    private Ops() {
    }

    // runtime.h
    public static final Op STREAM_CREATE = Op.of("stream_create", "i64 threads; i64 device; out stream; i32 kernels; i32 reserved");
    public static final Op STREAM_DESTROY = Op.of("stream_destroy", "i64 reserved");
    public static final Op SYNCHRONIZE = Op.of("synchronize", "i64 reserved");
    public static final Op DEVICE_QUERY = Op.of("device_query", "out total_bytes; out free_bytes; out scratch_bytes; out threads; "
        + "out name");
    public static final Op ALLOCATE = Op.of("allocate", "i64 bytes; out address");
    public static final Op FREE = Op.of("free", "out address");
    public static final Op COPY = Op.of("copy", "i64 bytes; out destination[bytes]:U8; in source[bytes]:U8; i32 kind");
    public static final Op GRAPH_BEGIN = Op.of("graph_begin", "i64 reserved");
    public static final Op GRAPH_END = Op.of("graph_end", "out graph");
    public static final Op GRAPH_LAUNCH = Op.of("graph_launch", "out graph");
    public static final Op GRAPH_DESTROY = Op.of("graph_destroy", "out graph");

    // elementwise.h
    public static final Op FILL = Op.of("fill", "i64 count; out x[count]:dtype; f32 value; i32 dtype");
    public static final Op CAST = Op.of("cast", "i64 count; in x[count]:from; out y[count]:to; u64 seed; i32 from; i32 to; i32 stochastic");
    public static final Op AXPY = Op.of("axpy", "i64 count; in x[count]:dtype; out y[count]:dtype; f32 alpha; i32 dtype");
    public static final Op SCALE = Op.of("scale", "i64 count; out x[count]:dtype; f32 alpha; i32 dtype");
    public static final Op GATHER_ROWS = Op.of("gather_rows", "i64 rows; i64 width; i64 source_rows; in index[rows]:I32; "
        + "in source[source_rows,width]:dtype; out destination[rows,width]:dtype; i32 dtype");
    public static final Op SCATTER_ROWS = Op.of("scatter_rows", "i64 rows; i64 width; i64 destination_rows; in index[rows]:I32; "
        + "in source[rows,width]:dtype; out destination[destination_rows,width]:dtype; i32 dtype");
    public static final Op SUM_SQUARES = Op.of("sum_squares", "i64 count; in x[count]:dtype; out sum[1]:F64; out nonfinite[1]:I64; "
        + "i32 dtype");
    public static final Op SUM_SQUARES_TENSORS = Op.of("sum_squares_tensors", "i64 tensors; i64 tiles; in table; out sum[tensors]:F64; "
        + "out nonfinite[tensors]:I64");

    // layers.h
    public static final Op EMBEDDING_FORWARD = Op.of("embedding_forward", "i64 rows; i64 width; i64 vocabulary; in tokens[rows]:I32; "
        + "in table[vocabulary,width]:dtype; out y[rows,width]:dtype; in? noise_bound[rows]:F32; in? row_ids[rows]:I64; u64 noise_seed; "
        + "f32 scale; i32 dtype");
    public static final Op EMBEDDING_BACKWARD = Op.of("embedding_backward", "i64 rows; i64 width; i64 vocabulary; in tokens[rows]:I32; "
        + "in dy[rows,width]:dtype; out dtable[vocabulary,width]:gradient_dtype; f32 scale; i32 dtype; i32 gradient_dtype");
    public static final Op RMSNORM_FORWARD = Op.of("rmsnorm_forward", "i64 rows; i64 groups; i64 width; i64 stride; "
        + "in x[rows,stride]:dtype; in? residual[rows,stride]:dtype; in weight[width]:dtype; out? sum[rows,stride]:dtype; "
        + "out y[rows,stride]:dtype; out rstd[rows,groups]:F32; f32 eps; f32 weight_offset; i32 dtype");
    public static final Op RMSNORM_BACKWARD = Op.of("rmsnorm_backward", "i64 rows; i64 groups; i64 width; i64 stride; "
        + "in s[rows,stride]:dtype; in weight[width]:dtype; in rstd[rows,groups]:F32; in dy[rows,stride]:dtype; "
        + "in? dsum[rows,stride]:dtype; out ds[rows,stride]:dtype; out? dweight[width]:F32; "
        + "out? workspace[workspace_bytes]:U8; i64 workspace_bytes; f32 weight_offset; i32 dtype");
    public static final Op RMSNORM_WORKSPACE = Op.of("rmsnorm_workspace", "i64 rows; i64 groups; i64 width; out bytes; i32 dtype");
    public static final Op GLU_FORWARD = Op.of("glu_forward", "i64 count; in gate[count]:dtype; in up[count]:dtype; out y[count]:dtype; "
        + "i32 activation; i32 dtype");
    public static final Op GLU_BACKWARD = Op.of("glu_backward", "i64 count; in gate[count]:dtype; in up[count]:dtype; in dy[count]:dtype; "
        + "out dgate[count]:dtype; out dup[count]:dtype; i32 activation; i32 dtype");
    public static final Op ROPE = Op.of("rope", "i64 rows; i64 heads; i64 head_dim; i64 rotary_dim; i64 stride; i64 table_rows; "
        + "in positions[rows]:I32; in cosine[table_rows,rotary_dim/2]:F32; in sine[table_rows,rotary_dim/2]:F32; out x[rows,stride]:dtype; "
        + "i32 inverse; i32 dtype");

    // linear.h
    public static final Op LINEAR_FORWARD = Op.of("linear_forward", "i64 rows; i64 in; i64 out; " + WEIGHT + LORA
        + "in? bias[out]:dtype; in x[rows,in]:dtype; out y[rows,out]:dtype; out? xa[rows,lora.rank]:F32; out? dropped[rows,in]:F32; "
        + "i32 accumulate; i32 dtype");
    public static final Op LINEAR_BACKWARD_INPUT = Op.of("linear_backward_input", "i64 rows; i64 in; i64 out; " + WEIGHT + LORA
        + "in dy[rows,out]:dtype; out dx[rows,in]:dtype; out? dyb[rows,lora.rank]:F32; out? dropped[rows,in]:F32; i32 accumulate; "
        + "i32 dtype");
    public static final Op LINEAR_BACKWARD_WEIGHT = Op.of("linear_backward_weight", "i64 rows; i64 in; i64 out; " + LORA
        + "in x[rows,in]:dtype; in dy[rows,out]:dtype; in? xa[rows,lora.rank]:F32; in? dyb[rows,lora.rank]:F32; "
        + "out? dweight[out,in]:gradient_dtype; out? dbias[out]:gradient_dtype; out? da[lora.rank,in]:F32; out? db[out,lora.rank]:F32; "
        + "out? dropped[rows,in]:F32; i32 dtype; i32 gradient_dtype");
    public static final Op PACKED_BYTES = Op.of("packed_bytes", "i64 in; i64 out; out bytes; i32 dtype");
    public static final Op PACK_WEIGHT = Op.of("pack_weight", "i64 in; i64 out; " + WEIGHT + "out packed");
    public static final Op LORA_MERGE = Op.of("lora_merge", "i64 in; i64 out; in? lora.a[lora.rank,in]:F32; in? lora.b[out,lora.rank]:F32; "
        + "in? lora.row_ids; i64 lora.rank; u64 lora.dropout_seed; f32 lora.scaling; f32 lora.dropout; out weight[out,in]:dtype; "
        + "i32 dtype");
    public static final Op QUANTIZE_NF4 = Op.of("quantize_nf4", "i64 in; i64 out; in weight[out,in]:dtype; out codes; out absmax; "
        + "i32 dtype");
    public static final Op DEQUANTIZE = Op.of("dequantize", "i64 in; i64 out; " + WEIGHT + "out y[out,in]:dtype; i32 dtype");

    // attention.h
    public static final Op ATTENTION_FORWARD = Op.of("attention_forward", "i64 rows; i64 sequences; i64 heads; i64 kv_heads; i64 head_dim; "
        + "i64 window; in sequence_starts[sequences+1]:I32; in q[rows,heads,head_dim]:dtype; in k[rows,kv_heads,head_dim]:dtype; "
        + "in v[rows,kv_heads,head_dim]:dtype; out out[rows,heads,head_dim]:dtype; out lse[rows,heads]:F32; f32 scale; f32 softcap; "
        + "i32 dtype");
    public static final Op ATTENTION_BACKWARD = Op.of("attention_backward", "i64 rows; i64 sequences; i64 heads; i64 kv_heads; "
        + "i64 head_dim; i64 window; in sequence_starts[sequences+1]:I32; in q[rows,heads,head_dim]:dtype; "
        + "in k[rows,kv_heads,head_dim]:dtype; in v[rows,kv_heads,head_dim]:dtype; in out[rows,heads,head_dim]:dtype; "
        + "in lse[rows,heads]:F32; in dout[rows,heads,head_dim]:dtype; out delta[rows,heads]:F32; out dq[rows,heads,head_dim]:dtype; "
        + "out dk[rows,kv_heads,head_dim]:dtype; out dv[rows,kv_heads,head_dim]:dtype; f32 scale; f32 softcap; i32 dtype");
    public static final Op KV_APPEND = Op.of("kv_append", "i64 rows; i64 kv_heads; i64 head_dim; i64 page_size; i64 pages; "
        + "in slots[rows]:I64; in k[rows,kv_heads,head_dim]:dtype; in v[rows,kv_heads,head_dim]:dtype; "
        + "out k_pages[pages,page_size,kv_heads,head_dim]:dtype; out v_pages[pages,page_size,kv_heads,head_dim]:dtype; i32 dtype");
    public static final Op PAGED_ATTENTION = Op.of("paged_attention", "i64 rows; i64 sequences; i64 heads; i64 kv_heads; i64 head_dim; "
        + "i64 window; i64 page_size; i64 pages; i64 max_pages; in query_starts[sequences+1]:I32; in context_lengths[sequences]:I32; "
        + "in page_table[sequences,max_pages]:I32; in q[rows,heads,head_dim]:dtype; in k_pages[pages,page_size,kv_heads,head_dim]:dtype; "
        + "in v_pages[pages,page_size,kv_heads,head_dim]:dtype; out out[rows,heads,head_dim]:dtype; f32 scale; f32 softcap; i32 dtype");

    // head.h
    public static final Op HEAD_FORWARD = Op.of("head_forward", "i64 rows; i64 hidden; i64 vocabulary; " + DISTRIBUTION + SOFT
        + "in x[rows,hidden]:dtype; in? targets[rows]:I32; out? log_prob[rows]:F32; out? log_sum_exp[rows]:F32; out? entropy[rows]:F32; "
        + "out? soft_loss[rows]:F32; out? arg_max[rows]:I32; out workspace[workspace_bytes]:U8; i64 workspace_bytes; i32 dtype");
    public static final Op HEAD_BACKWARD = Op.of("head_backward", "i64 rows; i64 hidden; i64 vocabulary; " + DISTRIBUTION + SOFT
        + "in x[rows,hidden]:dtype; in? targets[rows]:I32; in log_sum_exp[rows]:F32; in? entropy[rows]:F32; in? w_log_prob[rows]:F32; "
        + "in? w_lse[rows]:F32; in? w_entropy[rows]:F32; in? w_soft[rows]:F32; out dx[rows,hidden]:dtype; "
        + "out? dweight[vocabulary,hidden]:gradient_dtype; out? lora_da[lora.rank,hidden]:F32; out? lora_db[vocabulary,lora.rank]:F32; "
        + "out workspace[workspace_bytes]:U8; i64 workspace_bytes; i32 dtype; i32 gradient_dtype");
    public static final Op HEAD_WORKSPACE = Op.of("head_workspace", "i64 rows; i64 hidden; i64 vocabulary; i64 rank; out bytes; i32 dtype; "
        + "f32 dropout");
    public static final Op HEAD_LOGITS = Op.of("head_logits", "i64 rows; i64 hidden; i64 vocabulary; " + DISTRIBUTION
        + "in x[rows,hidden]:dtype; out logits[rows,vocabulary]:F32; out? xa[rows,lora.rank]:F32; i32 dtype");
    public static final Op SCALAR_HEAD_FORWARD = Op.of("scalar_head_forward", "i64 rows; i64 hidden; in x[rows,hidden]:dtype; "
        + "in weight[hidden]:dtype; in? bias[1]:dtype; out value[rows]:F32; i32 dtype");
    public static final Op SCALAR_HEAD_BACKWARD = Op.of("scalar_head_backward", "i64 rows; i64 hidden; in x[rows,hidden]:dtype; "
        + "in weight[hidden]:dtype; in w_value[rows]:F32; out dx[rows,hidden]:dtype; out? dweight[hidden]:F32; out? dbias[1]:F32; "
        + "i32 dtype");

    // sampling.h
    public static final Op SAMPLE = Op.of("sample", "i64 rows; i64 vocabulary; i64 top_k; in logits[rows,vocabulary]:F32; in? allowed; "
        + "in? history_starts[rows+1]:I32; in? history; in seeds[rows]:I64; in counters[rows]:I64; out tokens[rows]:I32; "
        + "out log_prob[rows]:F32; out? entropy[rows]:F32; out? probabilities[rows,vocabulary]:F32; "
        + "out workspace[workspace_bytes]:U8; i64 workspace_bytes; f32 temperature; f32 top_p; f32 min_p; f32 repetition_penalty");
    public static final Op SAMPLE_WORKSPACE = Op.of("sample_workspace", "i64 rows; i64 vocabulary; out bytes");

    // optimizer.h
    public static final Op ADAMW = Op.of("adamw", "i64 count; i64 step; out parameter[count]:dtype; out? master[count]:F32; "
        + "in gradient[count]:gradient_dtype; out m[count]:moment_dtype; out v[count]:moment_dtype; out? m_scale; out? v_scale; u64 seed; "
        + "f64 learning_rate; f64 beta1; f64 beta2; f64 eps; f64 weight_decay; f64 gradient_scale; i32 dtype; i32 gradient_dtype; "
        + "i32 moment_dtype; i32 stochastic");

    public static final Op CLIP_SCALE = Op.of("clip_scale", "i64 tensors; in sum[tensors]:F64; in nonfinite[tensors]:I64; "
        + "out scale[1]:F64; f64 max_norm; f64 largest");
    public static final Op ADAMW_TENSORS = Op.of("adamw_tensors", "i64 tensors; i64 tiles; i64 step; in table; "
        + "in? gradient_scale[1]:F64; u64 seed; f64 learning_rate; f64 beta1; f64 beta2; f64 eps; f64 weight_decay");

    // entries of tables
    public static final Op SQUARES_TENSOR = Op.of("squares_tensor", "i64 count; i64 tile; in? x[count]:dtype; i32 dtype; i32 reserved");
    public static final Op ADAMW_TENSOR = Op.of("adamw_tensor", "i64 count; i64 tile; out? parameter[count]:dtype; out? master[count]:F32; "
        + "in? gradient[count]:gradient_dtype; out? m[count]:moment_dtype; out? v[count]:moment_dtype; out? m_scale; out? v_scale; "
        + "i32 dtype; i32 gradient_dtype; i32 moment_dtype; i32 stochastic; i32 decayed; i32 reserved");

    /** Elements that one tile of a table of tensors covers. */
    public static final long TENSOR_TILE = 4096;

    /** The entries of tables, which are no ops. */
    static final List<Op> ENTRIES = List.of(SQUARES_TENSOR, ADAMW_TENSOR);

    /** All ops in header order. */
    public static final List<Op> ALL = List.of(STREAM_CREATE, STREAM_DESTROY, SYNCHRONIZE, DEVICE_QUERY, ALLOCATE, FREE, COPY, GRAPH_BEGIN,
        GRAPH_END, GRAPH_LAUNCH, GRAPH_DESTROY, FILL, CAST, AXPY, SCALE, GATHER_ROWS, SCATTER_ROWS, SUM_SQUARES, SUM_SQUARES_TENSORS,
        EMBEDDING_FORWARD, EMBEDDING_BACKWARD, RMSNORM_FORWARD, RMSNORM_BACKWARD, RMSNORM_WORKSPACE, GLU_FORWARD, GLU_BACKWARD, ROPE,
        LINEAR_FORWARD, LINEAR_BACKWARD_INPUT, LINEAR_BACKWARD_WEIGHT, PACKED_BYTES, PACK_WEIGHT,
        LORA_MERGE, QUANTIZE_NF4, DEQUANTIZE, ATTENTION_FORWARD, ATTENTION_BACKWARD, KV_APPEND, PAGED_ATTENTION, HEAD_FORWARD,
        HEAD_BACKWARD, HEAD_WORKSPACE, HEAD_LOGITS, SCALAR_HEAD_FORWARD, SCALAR_HEAD_BACKWARD, SAMPLE, SAMPLE_WORKSPACE, ADAMW,
        CLIP_SCALE, ADAMW_TENSORS);
}
