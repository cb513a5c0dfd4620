package dev.leeway.laws;

import dev.leeway.io.AppendLog;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Family;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.GeneralizedAdvantages;
import dev.leeway.objective.GrpoSettings;
import dev.leeway.objective.KlEstimator;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.objective.Reinforce;
import dev.leeway.objective.Rloo;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.Checkpointer;
import dev.leeway.train.Drawn;
import dev.leeway.train.Method;
import dev.leeway.train.PromptSource;
import dev.leeway.train.ProximalTrainer;
import dev.leeway.train.Reference;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RewardSource;
import dev.leeway.train.RolloutBatches;
import dev.leeway.train.RolloutListener;
import dev.leeway.train.RolloutSettings;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.SavingSettings;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepListener;
import dev.leeway.train.StepReport;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Reinforcement learning of a tiny model as a command would wire it: prompts of a few tokens, rewards that a function of tokens gives. */
final class RewardedRun implements AutoCloseable {

    static final int LONGEST = 12;
    static final long SEED = 5;
    static final String VALUES_JSON = """
        {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"], "vocab_size": 61, "hidden_size": 32,
         "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "num_labels": 1,
         "max_position_embeddings": 64}""";
    static final ModelConfig VALUES = ConfigReader.read(JsonFile.parse("values", VALUES_JSON));

    /** What trains. */
    enum Kind { GRPO, RLOO, REINFORCE, PPO }

    /**
     * How it is wired.
     *
     * @param grpo what GRPO optimises
     * @param rule how rewards become advantages
     */
    record Wiring(Kind kind, RolloutSettings settings, GrpoSettings grpo, AdvantageRule rule, AdamW.Settings adam, double learningRate) {

        static Wiring of(Kind kind, ReplayOrder order) {
            var rule = switch (kind) {
                case GRPO -> AdvantageRule.GroupRelative.DEFAULTS;
                case RLOO, REINFORCE -> AdvantageRule.LeaveOneOut.DEFAULTS;
                case PPO -> new AdvantageRule.Generalized(
                    new GeneralizedAdvantages.Settings(1, 0.95, 0.05, KlEstimator.K3, false, 1e-8), 1);
            };
            var request = new Generator.Request(SamplingParameters.temperature(0.9, SEED), LONGEST, Set.of(3, 17, 22, 40));
            var settings = new RolloutSettings(kind == Kind.PPO ? 1 : 4, order, request, new RolloutSettings.MicroBatch(5, 60),
                RolloutSettings.Shaping.NONE, RolloutSettings.Agreement.BITWISE);
            return new Wiring(kind, settings, GrpoSettings.DEFAULTS, rule, AdamW.Settings.standard(), 1e-3);
        }

        Wiring with(RolloutSettings other) {
            return new Wiring(kind, other, grpo, rule, adam, learningRate);
        }

        Wiring with(ReplayOrder order) {
            return with(new RolloutSettings(settings.numGenerations(), order, settings.request(), settings.microBatch(),
                settings.shaping(), settings.agreement()));
        }

        Wiring with(GrpoSettings other) {
            return new Wiring(kind, settings, other, rule, adam, learningRate);
        }

        Wiring with(AdvantageRule other) {
            return new Wiring(kind, settings, grpo, other, adam, learningRate);
        }

        Wiring with(AdamW.Settings other, double rate) {
            return new Wiring(kind, settings, grpo, rule, other, rate);
        }

        Wiring with(RolloutSettings.MicroBatch micro) {
            return with(new RolloutSettings(settings.numGenerations(), settings.order(), settings.request(), micro, settings.shaping(),
                settings.agreement()));
        }

        Wiring with(RolloutSettings.Shaping shaping) {
            return with(new RolloutSettings(settings.numGenerations(), settings.order(), settings.request(), settings.microBatch(), shaping,
                settings.agreement()));
        }

        Wiring with(RolloutSettings.Agreement agreement) {
            return with(new RolloutSettings(settings.numGenerations(), settings.order(), settings.request(), settings.microBatch(),
                settings.shaping(), agreement));
        }

        private Method method() {
            var extras = new PolicyGradient.Extras(0, Double.POSITIVE_INFINITY, settings.needsOld());
            var objective = switch (kind) {
                case GRPO -> grpo.withMaxCompletionLength(LONGEST).withExtras(extras).objective();
                case RLOO -> Rloo.objective(0.2, 0.2, extras);
                case REINFORCE, PPO -> Reinforce.objective(0);
            };
            return Method.of(objective).withTemperature(settings.request().sampling().temperature());
        }
    }

    final List<RolloutListener.Report> rollouts = new ArrayList<>();
    final List<StepReport> steps = new ArrayList<>();
    final RolloutBatches data;
    private final Wiring wiring;
    private final Device device;
    private final TrainingSession session;
    private final Optional<ProximalTrainer> ppo;
    private int done;

    private RewardedRun(Wiring wiring, RewardSource rewards, int threads) {
        this.wiring = wiring;
        device = TestDevice.open(threads);
        boolean proximal = wiring.kind() == Kind.PPO;
        var micro = wiring.settings().microBatch();
        var plain = new TrainingSession.Settings(proximal ? Optional.empty() : Small.lora(4), 64, micro.rows(), micro.sequences(),
            wiring.adam(), 3).withCheckpoints();
        var settings = proximal
            ? plain.withReferenceModel().withValueModel(new TrainingSession.Settings.ValueModel(VALUES, wiring.adam())) : plain;
        session = TrainingSession.open(Family.LLAMA.config(), settings, device);
        TinyModel.randomize(session.model(), SEED);
        session.valueModel().ifPresent(model -> TinyModel.randomize(model, SEED + 1));
        if (proximal) {
            TinyModel.randomize(session.referenceModel(), SEED + 2);
        }
        var reference = proximal ? Reference.frozen(session.referenceModel()) : Reference.adapterOff(session.model());
        data = new RolloutBatches(session, wiring.settings(), wiring.rule(),
            RolloutBatches.Parts.of(new Prompts(wiring.settings().prompts()), rewards, rollouts::add).withReference(reference));
        data.nameRows(row -> "prompt " + row);
        ppo = proximal ? Optional.of(new ProximalTrainer(session, data, ProximalTrainer.Losses.DEFAULTS, schedule(), wiring.learningRate(),
            new TrainingNoise(SEED, 0))) : Optional.empty();
    }

    static RewardedRun open(Wiring wiring, RewardSource rewards) {
        return new RewardedRun(wiring, rewards, 2);
    }

    private static Schedule schedule() {
        return new Schedule(Schedule.Kind.CONSTANT, 0, 1000, 0);
    }

    TrainingSession session() {
        return session;
    }

    /** Trains until so many steps are behind. */
    RewardedRun train(int until) {
        return train(until, report -> { });
    }

    private RewardedRun train(int until, StepListener more) {
        StepListener listener = ((StepListener) steps::add).then(more);
        done = ppo.map(trainer -> trainer.train(done, until, new StopRequest(), listener))
            .orElseGet(() -> session.trainer(wiring.method().withReference(Reference.adapterOff(session.model())), schedule(),
                wiring.learningRate(), new TrainingNoise(SEED, 0)).train(data, done, until, new StopRequest(), listener));
        return this;
    }

    /** The same, saving behind every step; begins behind the checkpoint of step {@code from}, unless that is 0. */
    RewardedRun train(Path folder, int from, int until) {
        var configuration = RunConfiguration.of(JsonFile.newObject().put("kind", wiring.kind().name()));
        try (var lock = FolderLock.acquire(folder);
            var state = state(folder).keep(data);
            var checkpointer = new Checkpointer(state, new CheckpointStore(lock, 100, Disk.local()),
                new Checkpointer.Run(Map.of("seed", SEED), configuration, Optional.<AppendLog>empty()),
                new SavingSettings(from == 0 ? 1 : 0, Duration.ZERO, SavingSettings.OnFailure.STOP), event -> { })) {
            if (from > 0) {
                done = state.restore(StoredCheckpoint.open(folder.resolve("checkpoint-" + from))).step();
            }
            train(until, checkpointer);
        }
        return this;
    }

    private TrainingState state(Path folder) {
        return wiring.kind() == Kind.PPO ? TrainingState.ofModel(session, Family.LLAMA.json(), folder)
            : TrainingState.ofAdapter(session, Small.lora(4).orElseThrow(), folder);
    }

    /** What a run has made of everything that is random or moves, for comparisons of bits. */
    List<String> bits() {
        var bits = new ArrayList<String>();
        bits.add("weights " + Small.hash(session.model()));
        session.valueModel().ifPresent(model -> bits.add("values " + Small.hash(model)));
        return bits;
    }

    /** Token ids of a rollout's completions. */
    static List<String> tokens(RolloutListener.Report rollout) {
        return rollout.drawn().stream().map(one -> Arrays.toString(one.completion().tokens())).toList();
    }

    @Override
    public void close() {
        try (device) {
            session.close();
        }
    }

    /** Prompts of 2 to 5 tokens; those that stand in at a redraw have other row numbers. */
    private record Prompts(int count) implements PromptSource {
        @Override
        public List<PromptRow> prompts(int rollout) {
            return replacements(rollout, 0);
        }

        @Override
        public List<PromptRow> replacements(int rollout, int redraw) {
            return IntStream.range(0, count).mapToObj(i -> {
                int row = 1000 * redraw + rollout * count + i;
                return new PromptRow(row, new Random(row).ints(2 + row % 4, 0, Family.VOCABULARY).toArray());
            }).toList();
        }

        @Override
        public double epochs(int rollouts) {
            return rollouts / 4.0;
        }
    }

    /** Rewards by one function of a completion. */
    static RewardSource rewarding(ToDoubleFunction<Drawn> function) {
        return new RewardSource() {
            @Override
            public List<String> names() {
                return List.of("test");
            }

            @Override
            public double[] weights() {
                return new double[] {1};
            }

            @Override
            public double[][] rewards(List<Drawn> drawn) {
                return new double[][] {drawn.stream().mapToDouble(function).toArray()};
            }
        };
    }

    /** A reward that differs from completion to completion: its tokens' mean, by thirty. */
    static RewardSource varied() {
        return rewarding(RewardedRun::mean);
    }

    static double mean(Drawn one) {
        return Arrays.stream(one.completion().tokens()).average().orElse(0) / 30;
    }
}
