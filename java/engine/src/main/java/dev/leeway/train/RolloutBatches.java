package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.RowNames;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Draws rollouts, has them rewarded, and gives the micro-batches of each step: the data of GRPO, RLOO, REINFORCE and, with
 * {@link ProximalTrainer}, PPO.
 *
 * <p>A rollout is drawn with the weights of the moment at which its first step is asked for, and kept for all steps that {@link
 * ReplayOrder} gives it. Random numbers are functions of the run's seed, so a run that is resumed at a rollout's first step draws what it
 * would have drawn; one that is resumed inside a rollout goes on with what a {@link TrainingState} that {@link TrainingState#keep keeps}
 * this source has stored of it. Losses divide by counts of the whole step, so how it is cut into micro-batches changes nothing but the
 * rounding of sums.
 *
 * <p>How a run is put together:
 * <pre>
 * var order = new ReplayOrder(completions, stepsPerGeneration, numIterations, false, seed);
 * var settings = new RolloutSettings(numGenerations, order, request, microBatch, Shaping.NONE, Agreement.BITWISE);
 * var session = TrainingSession.open(config, new TrainingSession.Settings(adapter, maxLength, microBatch.rows(), microBatch.sequences(),
 *     adam, lanes), device);                        // lanes = completions that are drawn at once
 * var data = new RolloutBatches(session, settings, GroupRelative.DEFAULTS, Parts.of(prompts, rewards, listener));
 * data.nameRows(rowNames);
 * var method = Method.of(grpo.withExtras(… settings.needsOld() …).objective()).withTemperature(sampling.temperature());
 * session.trainer(method, schedule, learningRate, noise).train(data, steps, listener);
 * </pre>
 * {@code maxLength} is the longest prompt and {@code max_completion_length} together, and {@code rows} is at least that. Where the loss has
 * a divergence, the method gets the reference; where the reward has it ({@link AdvantageRule#klCoefficient}), the parts do.
 */
public final class RolloutBatches implements BatchSource {

    /**
     * What a rollout is made of.
     *
     * @param prompts what is continued
     * @param rewards what completions are worth
     * @param reference what their divergence is taken from, where it is part of the reward
     * @param listener hears of every rollout
     */
    public record Parts(PromptSource prompts, RewardSource rewards, Optional<Reference> reference, RolloutListener listener) {

        /** Parts without a reference. */
        public static Parts of(PromptSource prompts, RewardSource rewards, RolloutListener listener) {
            return new Parts(prompts, rewards, Optional.empty(), listener);
        }

        /** The same with a reference. */
        public Parts withReference(Reference given) {
            return new Parts(prompts, rewards, Optional.of(given), listener);
        }
    }

    private final TrainingSession session;
    private final RolloutSettings settings;
    private final AdvantageRule rule;
    private final Parts parts;
    private final Draws draws;
    private final Lessons lessons;
    private final Passes passes;
    private final OnPolicy onPolicy;
    private Optional<Rollout> current = Optional.empty();
    private Optional<Named> named = Optional.empty();
    private RowNames rowNames = row -> "data row " + (row + 1);
    private Map<String, Double> drawnMetrics = Map.of();

    /** Rollouts of a session that was planned with sampling lanes, and for PPO with a value model. */
    public RolloutBatches(TrainingSession session, RolloutSettings settings, AdvantageRule rule, Parts parts) {
        requirePlanned(session.settings(), settings);
        this.session = session;
        this.settings = settings;
        this.rule = rule;
        this.parts = parts;
        draws = new Draws(session, settings, rule, parts, row -> rowNames.of(row));
        lessons = new Lessons(settings, rule, parts.reference(), session.valueModel());
        passes = new Passes(settings.microBatch());
        onPolicy = new OnPolicy(session.model(), settings);
    }

    /** Refuses what would fail when the first rollout is drawn and paid for. */
    private static void requirePlanned(TrainingSession.Settings planned, RolloutSettings settings) {
        var micro = settings.microBatch();
        if (micro.rows() > planned.rows() || micro.sequences() > planned.sequences()) {
            throw LeewayException.usage("a micro-batch of rollouts takes %d completions and %d tokens, the session is planned for %d and "
                + "%d; plan it for as many", micro.sequences(), micro.rows(), planned.sequences(), planned.rows());
        }
        double dropout = planned.adapter().map(AdapterConfig::loraDropout).orElse(0.0);
        if (dropout > 0) {
            requireNoNoise(settings, "lora_dropout " + dropout);
        }
    }

    private static void requireNoNoise(RolloutSettings settings, String noise) {
        if (settings.agreement() == RolloutSettings.Agreement.BITWISE) {
            throw LeewayException.usage("the sampler's log-probs must be the trainer's bit for bit, and with %s they are not; set it to 0, "
                + "or let the difference be measured (fast mode)", noise);
        }
    }

    @Override
    public List<Batch> step(int step) {
        var rollout = rollout(step);
        onPolicy.begin();
        var places = Arrays.stream(settings.order().completions(step)).boxed().toList();
        var weights = TopTokens.of(rollout, places, settings.shaping().topEntropyQuantile());
        var sequences = new ArrayList<Batch.Sequence>();
        for (int i = 0; i < places.size(); i++) {
            sequences.add(sequence(rollout, places.get(i), weights.get(i)));
        }
        return passes.cut(sequences, sequence -> sequence.tokens().length).stream().map(Batch::of).toList();
    }

    private static Batch.Sequence sequence(Rollout rollout, int place, double[] weights) {
        var lesson = rollout.lessons().get(place);
        var experience = rollout.experience(place);
        if (!lesson.trained()) {
            return experience.dropped();
        }
        var advantages = lesson.advantages().clone();
        for (int t = 0; t < advantages.length; t++) {
            advantages[t] *= weights[t];
        }
        return experience.sequence(advantages);
    }

    /** The rollout of a step: the one at hand, or a new one at its first step. */
    Rollout rollout(int step) {
        int number = settings.order().rollout(step);
        if (current.isEmpty() || current.get().number() != number) {
            if (!settings.order().isOnPolicy(step)) {
                throw LeewayException.data("step %d trains on rollout %d, which was drawn before and is not here; go on from a checkpoint "
                    + "that has it, or from step %d, which draws it", step + 1, number + 1, number * settings.order().stepsPerRollout());
            }
            current = Optional.of(draw(number, step));
        }
        return current.get();
    }

    private Rollout draw(int number, int step) {
        var rated = draws.rollout(number);
        named = Optional.of(new Named(number, rated.drawn()));
        var taught = lessons.of(number, rated, draws.weights());
        drawnMetrics = RolloutMetrics.of(rated, draws.functions(), settings.numGenerations(), taught);
        parts.listener().finished(new RolloutListener.Report(number, step + 1, rated.drawn(), draws.functions(), rated.rewards(),
            rated.total(), taught.advantages(), rated.effort()));
        return new Rollout(number, rated.drawn(), taught.lessons());
    }

    /** The rollout at hand. */
    Optional<Rollout> current() {
        return current;
    }

    /** Refuses a rollout that is not the one that was stored behind so many steps. */
    void requireFits(int steps, Rollout rollout) {
        if (settings.order().isOnPolicy(steps) || settings.order().rollout(steps) != rollout.number()
            || rollout.drawn().size() != settings.order().completions()) {
            throw LeewayException.data("step %d trains on rollout %d of %d completions; the checkpoint holds rollout %d of %d", steps + 1,
                settings.order().rollout(steps) + 1, settings.order().completions(), rollout.number() + 1, rollout.drawn().size());
        }
    }

    /** Goes on with a stored rollout. */
    void goOn(Rollout rollout) {
        current = Optional.of(rollout);
        named = Optional.of(new Named(rollout.number(), rollout.drawn()));
    }

    RolloutSettings settings() {
        return settings;
    }

    @Override
    public void requireFits(Method method) {
        if (rule instanceof AdvantageRule.Generalized) {
            throw LeewayException.usage("PPO's rollouts train a policy and a value model in each step; train on them with ProximalTrainer");
        }
        double sampled = settings.request().sampling().temperature();
        if (method.temperature() != sampled) {
            throw LeewayException.usage("completions are drawn at temperature %s and trained on at %s; a token's probability is another "
                + "one then: give the method the sampler's", sampled, method.temperature());
        }
        if (settings.needsOld() && !method.objective().needsOld()) {
            throw LeewayException.usage("%s, and %s does not weigh tokens by their ratio to the policy that drew them; %s, or give the "
                + "objective the old log-probs", settings.order().needsOld()
                    ? "a rollout serves %d steps".formatted(settings.order().stepsPerRollout())
                    : "the sampler's log-probs need not be the trainer's (fast mode)", method.objective().getClass().getSimpleName(),
                settings.order().needsOld() ? "set num_iterations and steps_per_generation so that it serves one" : "use batch_invariant");
        }
    }

    @Override
    public void requireFits(TrainingNoise noise) {
        if (noise.neftuneNoiseAlpha() > 0) {
            requireNoNoise(settings, "neftune_noise_alpha " + noise.neftuneNoiseAlpha());
        }
    }

    /** A step in which everything is masked or missing moves weights by their decay and by what the moments hold of steps before. */
    @Override
    public boolean mayTrainNothing() {
        return true;
    }

    @Override
    public void scored(int step, Batch micro, TokenScores scores) {
        onPolicy.look(step, micro, scores);
    }

    /** Of a rollout's first step also those of the rollout. */
    @Override
    public Map<String, Double> metrics(int step) {
        var metrics = new TreeMap<String, Double>(onPolicy.metrics());
        if (settings.order().isOnPolicy(step)) {
            metrics.putAll(drawnMetrics);
        }
        return metrics;
    }

    @Override
    public double epochs(int steps) {
        int whole = settings.order().rollout(steps);
        double before = parts.prompts().epochs(whole);
        double share = (double) (steps % settings.order().stepsPerRollout()) / settings.order().stepsPerRollout();
        return share == 0 ? before : before + share * (parts.prompts().epochs(whole + 1) - before);
    }

    /**
     * From now on messages of all models of the session call the completions of the rollout at hand by the rows of the data: {@code
     * completion 3 of train.jsonl:118}.
     */
    public void nameRows(RowNames ofRows) {
        rowNames = ofRows;
        session.model().nameRows(this::nameOf);
        session.valueModel().ifPresent(model -> model.nameRows(this::nameOf));
        session.reference().ifPresent(model -> model.nameRows(this::nameOf));
    }

    private String nameOf(long unitId) {
        int size = settings.order().completions();
        int place = (int) (unitId % size);
        var row = named.filter(rollout -> rollout.number() == unitId / size).map(rollout -> rollout.drawn().get(place).row());
        return "completion " + (place % settings.numGenerations() + 1)
            + row.map(known -> " of " + rowNames.of(known)).orElse(" of rollout " + (unitId / size + 1));
    }

    /** A rollout whose rows can be named: drawn, and perhaps without lessons yet. */
    private record Named(int number, List<Drawn> drawn) {
    }
}
