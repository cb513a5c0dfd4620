package dev.leeway.learning;

import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.TrainingNoise;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.Prompt;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Drawn;
import dev.leeway.train.Method;
import dev.leeway.train.PromptSource;
import dev.leeway.train.ProximalTrainer;
import dev.leeway.train.Reference;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RewardSource;
import dev.leeway.train.RolloutBatches;
import dev.leeway.train.RolloutSettings;
import dev.leeway.train.RolloutSettings.Agreement;
import dev.leeway.train.RolloutSettings.Shaping;
import dev.leeway.train.Schedule;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingSession.Settings.ValueModel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A model that learns to add from rewards, all weights of it.
 *
 * @param base what it knows before
 * @param device it lives on
 */
record PolicyPupil(ModelDirectory base, Device device) {

    /** Of a rollout. */
    private static final int COMPLETIONS = 256;
    /** For the head of a value model. */
    private static final double RANGE = 0.02;
    /** The seed of held-out answers. */
    private static final int ASKED_WITH = 5;

    /**
     * Which held-out sums the model got right, each answered once, drawn at temperature 1: 1 = right, 0 = wrong.
     *
     * @param before the lesson
     * @param after it
     */
    record Answers(double[] before, double[] after) {

        PairedChange change() {
            return PairedChange.between(before, after);
        }
    }

    /** Takes a lesson; the seed decides which sums come when, what is drawn, and the head of a value model. */
    Answers take(PolicyLesson lesson, long seed, ToDoubleFunction<Drawn> reward) {
        try (var session = TrainingSession.open(base.config(), plan(lesson), device)) {
            base.loadInto(session.model());
            double[] before = right(session);
            var parts = RolloutBatches.Parts.of(prompts(lesson, seed), rewards(reward), _ -> { });
            if (lesson.needsReference()) {
                base.loadInto(session.referenceModel());
                parts = parts.withReference(Reference.frozen(session.referenceModel()));
            }
            session.valueModel().ifPresent(value -> {
                base.asRewardModel(OptionalInt.empty()).loadInto(value);
                new Initializer(seed, RANGE).fillScore(value);
            });
            train(session, lesson, new RolloutBatches(session, settings(lesson, seed), lesson.rule(), parts), new TrainingNoise(seed, 0));
            return new Answers(before, right(session));
        }
    }

    private TrainingSession.Settings plan(PolicyLesson lesson) {
        var adam = AdamW.Settings.standard();
        var plan = new TrainingSession.Settings(Optional.empty(), SumBase.LENGTH, COMPLETIONS * SumBase.LENGTH, COMPLETIONS, adam,
                COMPLETIONS);
        var referred = lesson.needsReference() ? plan.withReferenceModel() : plan;
        return lesson.hasValueModel() ? referred.withValueModel(new ValueModel(base.asRewardModel(OptionalInt.empty()).config(), adam))
                : referred;
    }

    private static void train(TrainingSession session, PolicyLesson lesson, RolloutBatches data, TrainingNoise noise) {
        var schedule = new Schedule(Schedule.Kind.LINEAR, lesson.steps() / 20, lesson.steps(), 0);
        if (lesson.hasValueModel()) {
            new ProximalTrainer(session, data, ProximalTrainer.Losses.DEFAULTS, schedule, lesson.learningRate(), noise)
                    .train(0, lesson.steps(), new StopRequest(), _ -> { });
        } else {
            session.trainer(Method.of(lesson.objective()), schedule, lesson.learningRate(), noise).train(data, _ -> { });
        }
    }

    private static RolloutSettings settings(PolicyLesson lesson, long seed) {
        var order = new ReplayOrder(COMPLETIONS, 1, lesson.iterations(), lesson.hasValueModel(), seed);
        var micro = new RolloutSettings.MicroBatch(COMPLETIONS, COMPLETIONS * SumBase.LENGTH);
        return new RolloutSettings(lesson.group(), order, request(seed), micro, Shaping.NONE, Agreement.BITWISE);
    }

    private static Generator.Request request(long seed) {
        return new Generator.Request(SamplingParameters.temperature(1, seed), ToySum.ANSWER, Set.of(ToySum.END));
    }

    private static PromptSource prompts(PolicyLesson lesson, long seed) {
        List<ToySum> sums = ToySum.training();
        return rollout -> new Random(1_000_003 * seed + rollout).ints(COMPLETIONS / lesson.group(), 0, sums.size())
                .mapToObj(row -> new PromptSource.PromptRow(row, sums.get(row).prompt())).toList();
    }

    private static RewardSource rewards(ToDoubleFunction<Drawn> reward) {
        return new RewardSource() {
            @Override
            public List<String> names() {
                return List.of("right");
            }

            @Override
            public double[] weights() {
                return new double[] {1};
            }

            @Override
            public double[][] rewards(List<Drawn> drawn) {
                return new double[][] {drawn.stream().mapToDouble(reward).toArray()};
            }
        };
    }

    private static double[] right(TrainingSession session) {
        List<ToySum> asked = ToySum.heldOut();
        var prompts = IntStream.range(0, asked.size()).mapToObj(i -> Prompt.single(asked.get(i).prompt(), i)).toList();
        var answers = session.generator().generate(prompts, request(ASKED_WITH));
        return IntStream.range(0, asked.size()).mapToDouble(i -> asked.get(i).worth(answers.get(i).getFirst().tokens())).toArray();
    }
}
