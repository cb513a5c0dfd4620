package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.ffi.Table;
import dev.leeway.model.Parameter;
import dev.leeway.model.TrainingNoise;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.SumSquares;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) over trained parameters, with the gradient norm and its clipping. A step is a few calls
 * for all parameters together, and the norm, the factor of clipping and the look for NaN stay on the device: the host waits once, for
 * what it reports.
 */
public final class AdamW {

    /**
     * Hyper-parameters under transformers' names.
     *
     * @param beta1 {@code adam_beta1}
     * @param beta2 {@code adam_beta2}
     * @param eps {@code adam_epsilon}
     * @param weightDecay {@code weight_decay}, decoupled
     * @param maxGradNorm {@code max_grad_norm}; 0 or infinite = no clipping
     * @param storage what moments and weights are held in
     */
    public record Settings(double beta1, double beta2, double eps, double weightDecay, double maxGradNorm, Storage storage) {

        /** The same with moments and weights that the optimiser moves in F32. */
        public Settings(double beta1, double beta2, double eps, double weightDecay, double maxGradNorm) {
            this(beta1, beta2, eps, weightDecay, maxGradNorm, Storage.STANDARD);
        }

        /** transformers' defaults. */
        public static Settings standard() {
            return new Settings(0.9, 0.999, 1e-8, 0, 1.0);
        }

        /** The same with other storage. */
        public Settings with(Storage other) {
            return new Settings(beta1, beta2, eps, weightDecay, maxGradNorm, other);
        }
    }

    /**
     * What is held between steps.
     *
     * @param moments F32, BF16, or U8 for 8-bit codes with a scale for each block of 256 (Dettmers et al. 2022)
     * @param smallestCoded tensors with fewer elements have F32 moments instead of codes; bitsandbytes' {@code min_8bit_size}
     * @param stochasticRounding whether bf16 weights have no fp32 master, and are rounded up or down at random at each step, so that
     *     updates smaller than their gaps are not lost
     * @param seed what that rounding is drawn from, with the step and the parameter's number
     */
    public record Storage(DType moments, long smallestCoded, boolean stochasticRounding, long seed) {

        /** F32 moments and masters. */
        public static final Storage STANDARD = new Storage(DType.F32, 4096, false, 0);

        private static final SequencedMap<String, DType> OPTIMIZERS = new LinkedHashMap<>();

        static {
            OPTIMIZERS.put("adamw_torch", DType.F32);
            OPTIMIZERS.put("adamw_torch_fused", DType.F32);
            OPTIMIZERS.put("adamw_bf16", DType.BF16);
            OPTIMIZERS.put("adamw_8bit", DType.U8);
            OPTIMIZERS.put("adamw_bnb_8bit", DType.U8);
        }

        /** Storage with the moments of transformers' {@code optim}; {@code adamw_bf16} is none of its names. */
        public static Storage named(String optim, boolean stochasticRounding, long seed) {
            var moments = OPTIMIZERS.get(optim);
            if (moments == null) {
                throw LeewayException.usage("optim must be one of %s; got %s", String.join(", ", OPTIMIZERS.keySet()), optim);
            }
            return new Storage(moments, STANDARD.smallestCoded(), stochasticRounding, seed);
        }

        /** The first of the names that mean these moments. */
        public String optim() {
            return OPTIMIZERS.entrySet().stream().filter(entry -> entry.getValue() == moments).findFirst().orElseThrow().getKey();
        }
    }

    /**
     * A trained parameter with its moments.
     *
     * @param parameter the parameter
     * @param m first moment, of its shape
     * @param v second moment, of its shape
     * @param scales of the codes of m and of v, for each block of 256 elements; absent where moments are numbers
     * @param decayed whether weight decay shrinks it
     */
    public record State(Parameter parameter, Tensor m, Tensor v, Optional<Scales> scales, boolean decayed) {

        /** The moments and, where there are, their scales: all that a step reads and writes of the optimiser's own. */
        public List<Tensor> moments() {
            return Stream.concat(Stream.of(m, v), scales.stream().flatMap(both -> Stream.of(both.m(), both.v()))).toList();
        }

        /** What is NaN or infinite where the first moment is: itself, or the scales of its codes, which are as large as its largest. */
        private Tensor first() {
            return scales.map(Scales::m).orElse(m);
        }

        private Tensor second() {
            return scales.map(Scales::v).orElse(v);
        }
    }

    /**
     * The scales of 8-bit moments: of each block of 256 codes, the largest value in it.
     *
     * @param m of the first moment
     * @param v of the second moment
     */
    public record Scales(Tensor m, Tensor v) {
    }

    /** Gradients and first moments up to here are beyond suspicion; those of a healthy run are smaller by ten orders of magnitude. */
    static final double LARGEST = 1e15;

    private static final long MOMENT_BLOCK = 256;
    private static final int GRADIENTS = 0;
    private static final int WEIGHTS = 1;
    private static final int FIRST_MOMENTS = 2;
    private static final int SECOND_MOMENTS = 3;

    private final Device device;
    private final Settings settings;
    private final List<State> states = new ArrayList<>();
    private final SumSquares measure;
    private final Tensor table;
    private final Tensor scale;
    private final long tiles;
    private boolean described;
    private int steps;

    /** Plans moments for trained parameters; {@code decayed} says which ones decay. */
    public AdamW(Device device, List<Parameter> parameters, Settings settings, Predicate<Parameter> decayed, MemoryPlan plan) {
        this.device = device;
        this.settings = settings;
        for (var parameter : parameters) {
            states.add(state(parameter, settings.storage(), decayed.test(parameter), plan));
        }
        tiles = parameters.stream().mapToLong(parameter -> SumSquares.tiles(parameter.value())).sum();
        table = plan.reserve(Purpose.OPTIMIZER, "adamw.table", DType.U8, Table.bytes(Ops.ADAMW_TENSOR, states.size()));
        scale = plan.reserve(Purpose.OPTIMIZER, "gradient.scale", DType.F64, 1);
        measure = new SumSquares("adamw", List.of(states.stream().map(AdamW::gradient).toList(),
            parameters.stream().map(Parameter::stored).toList(), states.stream().map(State::first).toList(),
            states.stream().map(State::second).toList()), plan, Purpose.OPTIMIZER);
    }

    private static State state(Parameter parameter, Storage storage, boolean decayed, MemoryPlan plan) {
        var shape = parameter.value().shape();
        long count = parameter.value().count();
        var type = storage.moments() == DType.U8 && count < storage.smallestCoded() ? DType.F32 : storage.moments();
        var m = plan.reserve(Purpose.OPTIMIZER, parameter.name() + ".exp_avg", type, shape);
        var v = plan.reserve(Purpose.OPTIMIZER, parameter.name() + ".exp_avg_sq", type, shape);
        long blocks = Math.ceilDiv(count, MOMENT_BLOCK);
        var scales = type != DType.U8 ? Optional.<Scales>empty()
            : Optional.of(new Scales(plan.reserve(Purpose.OPTIMIZER, parameter.name() + ".exp_avg_scale", DType.F32, blocks),
                plan.reserve(Purpose.OPTIMIZER, parameter.name() + ".exp_avg_sq_scale", DType.F32, blocks)));
        return new State(parameter, m, v, scales, decayed);
    }

    /** transformers' grouping: everything decays but biases and norms; adapter matrices do. */
    public static boolean decaysByDefault(Parameter parameter) {
        return !parameter.name().endsWith(".bias") && !parameter.name().endsWith("norm.weight");
    }

    /**
     * The state of the gradients of a step.
     *
     * @param norm L2 norm over all trained parameters, before clipping
     * @param nonfinite name of each parameter whose gradient holds NaN or infinity → how many elements, in checkpoint order
     */
    public record GradientNorm(double norm, SequencedMap<String, Long> nonfinite) {
    }

    /**
     * What became of a step.
     *
     * @param moved whether it was taken: all gradients are finite, and their norm was within the bound
     * @param gradients their state before it
     * @param weights name of each trained parameter that holds NaN or infinity behind it → how many elements
     */
    record Outcome(boolean moved, GradientNorm gradients, SequencedMap<String, Long> weights) {
    }

    /** Measures the gradients; nothing moves. */
    public GradientNorm measure() {
        measure.queue(device, GRADIENTS);
        measure.fetch(device);
        return measured(GRADIENTS);
    }

    /** The same of the first moments, and of the second ones. */
    List<GradientNorm> measureMoments() {
        measure.queue(device, FIRST_MOMENTS);
        measure.queue(device, SECOND_MOMENTS);
        measure.fetch(device);
        return List.of(measured(FIRST_MOMENTS), measured(SECOND_MOMENTS));
    }

    private GradientNorm measured(int group) {
        return new GradientNorm(Math.sqrt(measure.total(group)), measure.nonfinite(group));
    }

    /**
     * Whether a step from moments of at most {@link #LARGEST} (squares: LARGEST²), whose scaled gradients have a norm of at most that
     * too, certainly ends in finite ones and in finite weights, those next to the largest float left aside. The square of a gradient is
     * at most 1e30 then; a weight moves by at most rate / (1−β1) · LARGEST / eps = 1e6 · 1e15 / 1e-12 = 1e33, and decay does not make it
     * larger.
     */
    boolean cannotOverflow(double learningRate) {
        return learningRate <= 1 && settings.beta1() <= 1 - 1e-6 && settings.eps() >= 1e-12
            && learningRate * settings.weightDecay() <= 1;
    }

    /**
     * Measures the gradients and moves the parameters by one step, gradients scaled by min(1, max_grad_norm / (norm + 1e-6)). Nothing
     * moves where a gradient is not finite.
     */
    public void step(double learningRate) {
        step(learningRate, Double.POSITIVE_INFINITY);
    }

    /** The same, and nothing moves either where the norm of the scaled gradients is above {@code largest}. The host waits once. */
    Outcome step(double learningRate, double largest) {
        measure.queue(device, GRADIENTS);
        move(learningRate, largest);
        measure.queue(device, WEIGHTS);
        measure.fetch(device);
        var gradients = measured(GRADIENTS);
        boolean moved = gradients.nonfinite().isEmpty() && gradients.norm() * clipping(gradients.norm()) <= largest;
        steps += moved ? 1 : 0;
        return new Outcome(moved, gradients, measure.nonfinite(WEIGHTS, i -> states.get(i).parameter().name()));
    }

    /** What the device multiplies gradients with. */
    private double clipping(double norm) {
        return settings.maxGradNorm() == 0 ? 1 : Math.min(1, settings.maxGradNorm() / (norm + 1e-6));
    }

    private void move(double learningRate, double largest) {
        if (!described) {
            describe();
            described = true;
        }
        if (states.isEmpty()) {
            return;
        }
        device.call(Ops.CLIP_SCALE).i64("tensors", states.size()).at("sum", measure.sums(GRADIENTS))
            .at("nonfinite", measure.counts(GRADIENTS)).at("scale", scale.region()).f64("max_norm", settings.maxGradNorm())
            .f64("largest", largest).run();
        device.call(Ops.ADAMW_TENSORS).i64("tensors", states.size()).i64("tiles", tiles).i64("step", steps + 1L)
            .at("table", table.region()).at("gradient_scale", scale.region())
            .i64("seed", new TrainingNoise(settings.storage().seed(), steps).of("stochastic_rounding"))
            .f64("learning_rate", learningRate).f64("beta1", settings.beta1()).f64("beta2", settings.beta2())
            .f64("eps", settings.eps()).f64("weight_decay", settings.weightDecay()).run();
    }

    private void describe() {
        var entries = new Table(Ops.ADAMW_TENSOR, states.size());
        long tile = 0;
        for (var state : states) {
            var value = state.parameter().value();
            var master = state.parameter().master();
            boolean stochastic = value.dtype() == DType.BF16 && master.isEmpty();
            entries.next().i64("count", value.count()).i64("tile", tile).at("parameter", value.region()).at("master", region(master))
                .at("gradient", gradient(state).region()).at("m", state.m().region()).at("v", state.v().region())
                .at("m_scale", region(state.scales().map(Scales::m))).at("v_scale", region(state.scales().map(Scales::v)))
                .dtype("dtype", value.dtype()).dtype("gradient_dtype", gradient(state).dtype()).dtype("moment_dtype", state.m().dtype())
                .i32("stochastic", stochastic ? 1 : 0).i32("decayed", state.decayed() ? 1 : 0).i32("reserved", 0).run();
            tile += SumSquares.tiles(value);
        }
        device.upload(entries.memory(), table);
    }

    private static Region region(Optional<Tensor> tensor) {
        return tensor.isPresent() ? tensor.get().region() : Region.NONE;
    }

    /** Steps taken so far; with the moments of {@link #states}, all that the next step depends on. */
    public int steps() {
        return steps;
    }

    /** Continues behind {@code taken} steps; the moments must be those of that step. */
    public void resume(int taken) {
        steps = taken;
    }

    /** Where it runs. */
    public Device device() {
        return device;
    }

    /** The trained parameters with their moments, in checkpoint order. */
    public List<State> states() {
        return List.copyOf(states);
    }

    private static Tensor gradient(State state) {
        return state.parameter().gradient().orElseThrow();
    }
}
