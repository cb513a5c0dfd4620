package dev.leeway.train;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.model.Parameter;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.SumSquares;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Predicate;

/** AdamW (Loshchilov and Hutter 2019, algorithm 2) over trained parameters, with the gradient norm and its clipping. */
public final class AdamW {

    /**
     * Hyper-parameters under transformers' names.
     *
     * @param beta1 {@code adam_beta1}
     * @param beta2 {@code adam_beta2}
     * @param eps {@code adam_epsilon}
     * @param weightDecay {@code weight_decay}, decoupled
     * @param maxGradNorm {@code max_grad_norm}; 0 or infinite = no clipping
     */
    public record Settings(double beta1, double beta2, double eps, double weightDecay, double maxGradNorm) {

        /** transformers' defaults. */
        public static Settings standard() {
            return new Settings(0.9, 0.999, 1e-8, 0, 1.0);
        }
    }

    /**
     * A trained parameter with its moments.
     *
     * @param parameter the parameter
     * @param m first moment, of its shape
     * @param v second moment, of its shape
     * @param decayed whether weight decay shrinks it
     */
    public record State(Parameter parameter, Tensor m, Tensor v, boolean decayed) {
    }

    /** Gradients and first moments up to here are beyond suspicion; those of a healthy run are smaller by ten orders of magnitude. */
    static final double LARGEST = 1e15;

    private final Device device;
    private final Settings settings;
    private final List<State> states = new ArrayList<>();
    private final List<Tensor> gradients;
    private final List<Tensor> firstMoments;
    private final List<Tensor> secondMoments;
    private final SumSquares measure;
    private int steps;

    /** Plans moments for trained parameters; {@code decayed} says which ones decay. */
    public AdamW(Device device, List<Parameter> parameters, Settings settings, Predicate<Parameter> decayed, MemoryPlan plan) {
        this.device = device;
        this.settings = settings;
        for (var parameter : parameters) {
            var shape = parameter.value().shape();
            states.add(new State(parameter, plan.reserve(Purpose.OPTIMIZER, parameter.name() + ".exp_avg", DType.F32, shape),
                plan.reserve(Purpose.OPTIMIZER, parameter.name() + ".exp_avg_sq", DType.F32, shape), decayed.test(parameter)));
        }
        gradients = states.stream().map(AdamW::gradient).toList();
        firstMoments = states.stream().map(State::m).toList();
        secondMoments = states.stream().map(State::v).toList();
        measure = new SumSquares(plan.reserve(Purpose.OPTIMIZER, "gradient.sums", DType.F64, Math.max(1, states.size())),
            plan.reserve(Purpose.OPTIMIZER, "gradient.nonfinite", DType.I64, Math.max(1, states.size())));
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

    /** Measures the gradients; nothing moves. */
    public GradientNorm measure() {
        return measure(gradients);
    }

    /** The same of the first moments, and of the second ones. */
    List<GradientNorm> measureMoments() {
        return List.of(measure(firstMoments), measure(secondMoments));
    }

    private GradientNorm measure(List<Tensor> tensors) {
        measure.begin();
        for (int i = 0; i < tensors.size(); i++) {
            measure.add(device, tensors.get(i));
        }
        measure.finish(device);
        return new GradientNorm(Math.sqrt(measure.total()), measure.nonfinite(i -> tensors.get(i).name()));
    }

    private double scale(double gradientNorm) {
        return settings.maxGradNorm() == 0 ? 1 : Math.min(1, settings.maxGradNorm() / (gradientNorm + 1e-6));
    }

    /**
     * Whether a step from moments of at most {@link #LARGEST} (squares: LARGEST²) certainly ends in finite ones and in finite weights,
     * those next to the largest float left aside. A scaled gradient is at most LARGEST = 1e15 then and its square 1e30; a weight moves by at most
     * rate / (1−β1) · LARGEST / eps = 1e6 · 1e15 / 1e-12 = 1e33, and decay does not make it larger.
     */
    boolean cannotOverflow(double learningRate, double gradientNorm) {
        return gradientNorm * scale(gradientNorm) <= LARGEST && learningRate <= 1 && settings.beta1() <= 1 - 1e-6
            && settings.eps() >= 1e-12 && learningRate * settings.weightDecay() <= 1;
    }

    /** Moves the parameters by one step, gradients scaled by min(1, max_grad_norm / (norm + 1e-6)). */
    public void step(double learningRate, double gradientNorm) {
        steps++;
        double scale = scale(gradientNorm);
        for (var state : states) {
            var value = state.parameter().value();
            device.call(Ops.ADAMW).i64("count", value.count()).i64("step", steps).at("parameter", value.region())
                .at("master", master(state)).at("gradient", gradient(state).region()).at("m", state.m().region())
                .at("v", state.v().region()).at("m_scale", Region.NONE).at("v_scale", Region.NONE).i64("seed", 0)
                .f64("learning_rate", learningRate).f64("beta1", settings.beta1()).f64("beta2", settings.beta2())
                .f64("eps", settings.eps()).f64("weight_decay", state.decayed() ? settings.weightDecay() : 0)
                .f64("gradient_scale", scale).dtype("dtype", value.dtype()).dtype("gradient_dtype", gradient(state).dtype())
                .dtype("moment_dtype", state.m().dtype()).i32("stochastic", 0).run();
        }
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

    private static Region master(State state) {
        var master = state.parameter().master();
        return master.isPresent() ? master.get().region() : Region.NONE;
    }

    private static Tensor gradient(State state) {
        return state.parameter().gradient().orElseThrow();
    }
}
