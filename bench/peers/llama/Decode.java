import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Greedy decoding by llama.cpp through its C interface (llama.h), many lanes in one batch; one turn a line on standard input, one JSON
 * object a turn. A turn's time is that of llama_decode alone: finding the largest logit is left out.
 *
 * Arguments: folder of libllama, GGUF file, tokens.bin, lanes, tokens a prompt, tokens a turn, turns, threads, vocabulary.
 */
final class Decode {

    /** Parameters go by value behind everything else, so a struct that is wider than the real one does no harm. */
    private static final MemoryLayout PARAMETERS = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(64, JAVA_LONG));
    private static final MemoryLayout BATCH = MemoryLayout.structLayout(JAVA_INT, MemoryLayout.paddingLayout(4), ADDRESS, ADDRESS, ADDRESS,
        ADDRESS, ADDRESS, ADDRESS);
    private static final long CONTEXT = 0;
    private static final long BATCH_TOKENS = 4;
    private static final long MICRO_BATCH = 8;
    private static final long SEQUENCES = 12;

    private final Arena arena = Arena.global();
    private final SymbolLookup llama;
    private final SymbolLookup ggml;
    private final int vocabulary;
    private final MemorySegment context;
    private final MethodHandle decode;
    private final MethodHandle logits;
    private long nanos;
    private long cpuNanos;

    private Decode(Path folder, Path model, int vocabulary, int lanes, int positions, int threads) throws Throwable {
        this.vocabulary = vocabulary;
        SymbolLookup.libraryLookup(folder.resolve("libggml-base.so"), arena);
        ggml = SymbolLookup.libraryLookup(named(folder, "libggml."), arena);
        llama = SymbolLookup.libraryLookup(named(folder, "libllama."), arena);
        call(ggml, "ggml_backend_load_all_from_path", FunctionDescriptor.ofVoid(ADDRESS)).invoke(arena.allocateFrom(folder.toString()));
        call(llama, "llama_backend_init", FunctionDescriptor.ofVoid()).invoke();
        var modelParameters = defaults("llama_model_default_params");
        var weights = (MemorySegment) call(llama, "llama_model_load_from_file", FunctionDescriptor.of(ADDRESS, ADDRESS, PARAMETERS))
            .invoke(arena.allocateFrom(model.toString()), modelParameters);
        var parameters = defaults("llama_context_default_params");
        requireLayout(parameters);
        parameters.set(JAVA_INT, CONTEXT, lanes * ((positions + 255) / 256 * 256));
        parameters.set(JAVA_INT, SEQUENCES, lanes);
        context = (MemorySegment) call(llama, "llama_init_from_model", FunctionDescriptor.of(ADDRESS, ADDRESS, PARAMETERS))
            .invoke(weights, parameters);
        if (context.address() == 0) {
            throw new IllegalStateException("llama.cpp made no context of " + model + "; its reason stands above");
        }
        call(llama, "llama_set_n_threads", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, JAVA_INT)).invoke(context, threads, threads);
        decode = call(llama, "llama_decode", FunctionDescriptor.of(JAVA_INT, ADDRESS, BATCH));
        logits = call(llama, "llama_get_logits_ith", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    }

    private static Path named(Path folder, String prefix) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix)).findFirst()
                .orElseThrow(() -> new IllegalStateException(folder + " has no " + prefix + "*.so; name llama.cpp's folder of libraries"));
        }
    }

    private MethodHandle call(SymbolLookup library, String name, FunctionDescriptor shape) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), shape);
    }

    /** As the libraries tell it: older ones tell less. */
    private String version() throws Throwable {
        var parts = new ArrayList<>(List.of("llama.cpp"));
        for (var function : List.of("llama_version", "ggml_version", "ggml_commit")) {
            var found = llama.find(function);
            if (found.isPresent()) {
                var text = (MemorySegment) Linker.nativeLinker().downcallHandle(found.get(), FunctionDescriptor.of(ADDRESS)).invoke();
                parts.add(function.replace('_', ' ') + " " + text.reinterpret(Long.MAX_VALUE).getString(0));
            }
        }
        return String.join(", ", parts);
    }

    private MemorySegment defaults(String function) throws Throwable {
        return (MemorySegment) Linker.nativeLinker().downcallHandle(llama.findOrThrow(function), FunctionDescriptor.of(PARAMETERS))
            .invokeWithArguments(arena);
    }

    /** The first four fields have stood where they stand for years; their defaults tell whether they still do. */
    private static void requireLayout(MemorySegment parameters) {
        if (parameters.get(JAVA_INT, CONTEXT) != 512 || parameters.get(JAVA_INT, BATCH_TOKENS) != 2048
            || parameters.get(JAVA_INT, MICRO_BATCH) != 512 || parameters.get(JAVA_INT, SEQUENCES) != 1) {
            throw new IllegalStateException("this libllama's context parameters begin with other fields than 512, 2048, 512, 1 (n_ctx, "
                + "n_batch, n_ubatch, n_seq_max); adapt Decode.java to its llama.h");
        }
    }

    /** Advances every lane by {@code tokens[lane].length} tokens from {@code position}; the largest logit's token of each lane. */
    private int[] advance(int[][] tokens, int position) throws Throwable {
        int lanes = tokens.length;
        int length = tokens[0].length;
        try (var frame = Arena.ofConfined()) {
            int count = lanes * length;
            var ids = frame.allocate(JAVA_INT, count);
            var positions = frame.allocate(JAVA_INT, count);
            var owners = frame.allocate(JAVA_INT, count);
            var sequences = frame.allocate(ADDRESS, count);
            var wanted = frame.allocate(JAVA_BYTE, count);
            for (int i = 0; i < count; i++) {
                ids.setAtIndex(JAVA_INT, i, tokens[i / length][i % length]);
                positions.setAtIndex(JAVA_INT, i, position + i % length);
                owners.setAtIndex(JAVA_INT, i, 1);
                sequences.setAtIndex(ADDRESS, i, frame.allocateFrom(JAVA_INT, i / length));
                wanted.set(JAVA_BYTE, i, (byte) (i % length == length - 1 ? 1 : 0));
            }
            var batch = frame.allocate(BATCH);
            batch.set(JAVA_INT, 0, count);
            var fields = new MemorySegment[] {ids, MemorySegment.NULL, positions, owners, sequences, wanted};
            for (int f = 0; f < fields.length; f++) {
                batch.set(ADDRESS, 8 + 8L * f, fields[f]);
            }
            timed(batch);
            var drawn = new int[lanes];
            for (int lane = 0; lane < lanes; lane++) {
                drawn[lane] = largest(lane * length + length - 1);
            }
            return drawn;
        }
    }

    private void timed(MemorySegment batch) throws Throwable {
        var process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long cpu = process.getProcessCpuTime();
        long begin = System.nanoTime();
        int status = (int) decode.invoke(context, batch);
        nanos += System.nanoTime() - begin;
        cpuNanos += process.getProcessCpuTime() - cpu;
        if (status != 0) {
            throw new IllegalStateException("llama_decode returned " + status);
        }
    }

    private int largest(int row) throws Throwable {
        var scores = ((MemorySegment) logits.invoke(context, row)).reinterpret(4L * vocabulary);
        int best = 0;
        for (int v = 1; v < vocabulary; v++) {
            if (scores.getAtIndex(JAVA_FLOAT, v) > scores.getAtIndex(JAVA_FLOAT, best)) {
                best = v;
            }
        }
        return best;
    }

    private static int[][] prompts(Path file, int lanes, int length) throws IOException {
        var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        var prompts = new int[lanes][length];
        for (var prompt : prompts) {
            for (int t = 0; t < length; t++) {
                prompt[t] = bytes.getInt();
            }
        }
        return prompts;
    }

    public static void main(String[] a) throws Throwable {
        int lanes = Integer.parseInt(a[3]);
        int prompt = Integer.parseInt(a[4]);
        int tokens = Integer.parseInt(a[5]);
        int turns = Integer.parseInt(a[6]);
        var peer = new Decode(Path.of(a[0]).toAbsolutePath(), Path.of(a[1]), Integer.parseInt(a[8]), lanes, prompt + tokens * turns + 1,
            Integer.parseInt(a[7]));
        var input = new BufferedReader(new InputStreamReader(System.in));
        var drawn = peer.advance(prompts(Path.of(a[2]), lanes, prompt), 0);
        var first = new ArrayList<Integer>();
        Arrays.stream(drawn).forEach(first::add);
        int position = prompt;
        for (int turn = 0; turn < turns && input.readLine() != null; turn++) {
            peer.nanos = 0;
            peer.cpuNanos = 0;
            for (int t = 0; t < tokens; t++) {
                drawn = peer.advance(Arrays.stream(drawn).mapToObj(token -> new int[] {token}).toArray(int[][]::new), position++);
            }
            System.out.printf(Locale.ROOT, "{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"first\": %s}%n", peer.nanos * 1e-9,
                peer.cpuNanos * 1e-9, first);
            System.out.flush();
        }
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            long peak = lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
            System.out.printf(Locale.ROOT, "{\"peak_bytes\": %d, \"version\": \"%s\"}%n", peak * 1024, peer.version());
        }
    }
}
