package peer;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The training step of a Llama in libtorch: forward and backward by autograd over TorchScript, fused AdamW; one step a line on standard
 * input, one JSON object a step on standard output.
 */
final class TrainStep {

    private static final String SCRIPT = """
        def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
            half = x.size(3) // 2
            a = x[:, :, :, :half]
            b = x[:, :, :, half:]
            return torch.cat([a * cos - b * sin, b * cos + a * sin], 3)

        def norm(x: Tensor, w: Tensor) -> Tensor:
            return torch.rms_norm(x, [x.size(2)], w, 1e-5)

        def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, fused: bool) -> Tensor:
            if fused:
                return torch.scaled_dot_product_attention(q, k, v, None, 0.0, True)
            scores = torch.matmul(q, k.transpose(2, 3)) * (1.0 / float(q.size(3)) ** 0.5) + mask.to(q.dtype)
            return torch.matmul(torch.softmax(scores, 3), v)

        def empty() -> List[Tensor]:
            none: List[Tensor] = []
            return none

        def append(list: List[Tensor], item: Tensor) -> List[Tensor]:
            return list + [item]

        def lin(cast: bool, x: Tensor, w: Tensor) -> Tensor:
            if cast:
                return torch.linear(x.to(15), w.to(15))
            return torch.linear(x, w)

        def loss(p: List[Tensor], tokens: Tensor, targets: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, layers: int, heads: int,
                kv: int, fused: bool, cast: bool) -> Tensor:
            b = tokens.size(0)
            t = tokens.size(1)
            x = torch.embedding(p[0], tokens)
            for i in range(layers):
                o = 1 + 9 * i
                h = norm(x, p[o])
                q = lin(cast, h, p[o + 1]).view(b, t, heads, -1).transpose(1, 2)
                k = lin(cast, h, p[o + 2]).view(b, t, kv, -1).transpose(1, 2)
                v = lin(cast, h, p[o + 3]).view(b, t, kv, -1).transpose(1, 2)
                q = rotate(q, cos, sin).to(v.dtype)
                k = rotate(k, cos, sin).to(v.dtype)
                if kv != heads:
                    k = k.repeat_interleave(heads // kv, 1)
                    v = v.repeat_interleave(heads // kv, 1)
                y = attend(q, k, v, mask, fused).transpose(1, 2).reshape(b, t, -1)
                x = x + lin(cast, y, p[o + 4])
                h = norm(x, p[o + 5])
                x = x + lin(cast, torch.silu(lin(cast, h, p[o + 6])) * lin(cast, h, p[o + 7]), p[o + 8])
            x = norm(x, p[1 + 9 * layers])
            logits = lin(cast, x, p[0]).view(b * t, -1)
            return torch.cross_entropy_loss(logits.float(), targets.view(-1), None, 1, -100)

        def update(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], s: List[Tensor], lr: float):
            none: List[Tensor] = []
            for count in s:
                count.add_(1)
            torch._fused_adamw_(p, g, m, v, none, s, lr=lr, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False,
                maximize=False)
        """;

    private static final double LEARNING_RATE = 1e-3;

    /** What the command line says, in its order. */
    private record Task(Path folder, int hidden, int ff, int layers, int heads, int kv, int vocabulary, int batch, int length, String type,
            int turns, int threads, boolean fused) {

        static Task of(String[] a) {
            var n = new int[a.length];
            for (int i : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 10, 11}) {
                n[i] = Integer.parseInt(a[i]);
            }
            return new Task(Path.of(a[0]), n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], a[9], n[10], n[11], a[12].equals("sdpa"));
        }

        /** Parameters in bf16, their masters in fp32. */
        boolean pure() {
            return type.equals("bf16");
        }

        /** Parameters in fp32, products in bf16. */
        boolean cast() {
            return type.equals("autocast");
        }

        List<long[]> shapes() {
            long d = hidden / heads;
            var shapes = new ArrayList<long[]>();
            shapes.add(new long[] {vocabulary, hidden});
            for (int i = 0; i < layers; i++) {
                shapes.addAll(List.of(new long[] {hidden}, new long[] {hidden, hidden}, new long[] {kv * d, hidden},
                    new long[] {kv * d, hidden}, new long[] {hidden, hidden}, new long[] {hidden}, new long[] {ff, hidden},
                    new long[] {ff, hidden}, new long[] {hidden, ff}));
            }
            shapes.add(new long[] {hidden});
            return shapes;
        }
    }

    private final Task task;
    private final CompilationUnit unit = torch.compile(SCRIPT);
    private final Function loss = function("loss");
    private final Function update = function("update");
    private final Function empty = function("empty");
    private final Function append = function("append");
    private final List<Tensor> masters = new ArrayList<>();
    private final List<Tensor> parameters = new ArrayList<>();
    private IValueVector inputs;
    private IValue masterList;
    private IValue firstMoments;
    private IValue secondMoments;
    private IValue counts;

    private TrainStep(Task task) throws IOException {
        this.task = task;
        readWeights();
        prepareInputs();
        prepareMoments();
    }

    /** Arguments: folder, hidden, ff, layers, heads, kv, vocabulary, batch, length, f32|bf16|autocast, turns, threads, matmul|sdpa. */
    public static void main(String[] arguments) throws IOException {
        var task = Task.of(arguments);
        torch.set_num_threads(task.threads());
        var step = new TrainStep(task);
        var process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (int i = 0; i < task.turns() && input.readLine() != null; i++) {
            long begin = System.nanoTime();
            long used = process.getProcessCpuTime();
            float value = step.run();
            System.out.printf(Locale.ROOT, "{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"loss\": %.7f}%n",
                (System.nanoTime() - begin) * 1e-9, (process.getProcessCpuTime() - used) * 1e-9, value);
            System.out.flush();
        }
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            long peak = lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
            System.out.printf(Locale.ROOT, "{\"peak_bytes\": %d, \"version\": \"libtorch 2.7.1, %s, %s attention\"}%n", peak * 1024,
                task.type(), task.fused() ? "fused" : "matmul");
        }
    }

    private Function function(String name) {
        return unit.get_function(new QualifiedName(name));
    }

    private IValue list(List<Tensor> tensors) {
        var list = empty.apply(new IValueVector());
        for (var tensor : tensors) {
            list = append.apply(new IValueVector(list, new IValue(tensor)));
        }
        return list;
    }

    private torch.ScalarType type() {
        return task.pure() ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    }

    private void readWeights() throws IOException {
        try (var file = FileChannel.open(task.folder().resolve("weights.bin"))) {
            for (var shape : task.shapes()) {
                int count = 1;
                for (long n : shape) {
                    count *= (int) n;
                }
                var bytes = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.hasRemaining() && file.read(bytes) >= 0) {
                    continue;
                }
                var values = new float[count];
                bytes.flip().asFloatBuffer().get(values);
                masters.add(Tensor.create(values, shape).clone());
            }
        }
        for (var master : masters) {
            parameters.add((task.pure() ? master.to(type()).clone() : master).set_requires_grad(true));
        }
    }

    private void prepareInputs() throws IOException {
        int length = task.length();
        var bytes = ByteBuffer.wrap(Files.readAllBytes(task.folder().resolve("tokens.bin"))).order(ByteOrder.LITTLE_ENDIAN);
        var tokens = new long[task.batch() * length];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = bytes.getInt();
        }
        var targets = new long[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            targets[i] = (i + 1) % length == 0 ? -100 : tokens[i + 1];
        }
        int half = task.hidden() / task.heads() / 2;
        var cos = new float[length * half];
        var sin = new float[length * half];
        var mask = new float[length * length];
        for (int t = 0; t < length; t++) {
            for (int j = 0; j < half; j++) {
                double angle = t * Math.pow(10000, -(double) j / half);
                cos[t * half + j] = (float) Math.cos(angle);
                sin[t * half + j] = (float) Math.sin(angle);
            }
            java.util.Arrays.fill(mask, t * length + t + 1, (t + 1) * length, Float.NEGATIVE_INFINITY);
        }
        inputs = new IValueVector(list(parameters), new IValue(Tensor.create(tokens, task.batch(), length)),
            new IValue(Tensor.create(targets, task.batch(), length)), table(cos, length, half), table(sin, length, half),
            table(mask, length, length), new IValue((long) task.layers()), new IValue((long) task.heads()), new IValue((long) task.kv()),
            new IValue(task.fused()), new IValue(task.cast()));
    }

    private IValue table(float[] values, long rows, long columns) {
        return new IValue(Tensor.create(values, rows, columns).to(type()));
    }

    private void prepareMoments() {
        var m = new ArrayList<Tensor>();
        var v = new ArrayList<Tensor>();
        var s = new ArrayList<Tensor>();
        for (var master : masters) {
            m.add(torch.zeros_like(master));
            v.add(torch.zeros_like(master));
            s.add(Tensor.create(0f));
        }
        masterList = list(masters);
        firstMoments = list(m);
        secondMoments = list(v);
        counts = list(s);
    }

    private float run() {
        try (var scope = new PointerScope()) {
            var value = loss.apply(new IValueVector(inputs)).toTensor();
            value.backward();
            var gradients = new ArrayList<Tensor>();
            for (var parameter : parameters) {
                gradients.add(task.pure() ? parameter.grad().to(torch.ScalarType.Float) : parameter.grad());
            }
            try (var none = new NoGradGuard()) {
                update.apply(new IValueVector(masterList, list(gradients), firstMoments, secondMoments, counts, new IValue(LEARNING_RATE)));
                for (int k = 0; k < masters.size(); k++) {
                    if (task.pure()) {
                        parameters.get(k).copy_(masters.get(k));
                    }
                    parameters.get(k).mutable_grad().reset();
                }
            }
            return value.item_float();
        }
    }
}
