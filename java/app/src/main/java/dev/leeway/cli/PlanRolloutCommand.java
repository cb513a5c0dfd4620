package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.Parameter;
import dev.leeway.reward.ModelReward;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.text.Tokenizer;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway plan grpo} and so on: what the command would do with the same options. */
@Command(description = {"Takes the options of the command and says what the run would be, without training: parameters, memory, "
    + "steps, prompts "
    + "and what rewards find beside them.",
    "Without --dataset_name it plans for prompts of --max_prompt_length tokens, and the model directory needs no more than its "
    + "config.json.",
    "Nothing is allocated, and nothing written; a run that doesn't fit into memory is exit code 5."})
final class PlanRolloutCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    /** Those of the output folder are accepted, so that a command line of a command that trains is one of plan. */
    @Mixin
    private final RolloutOptions options = new RolloutOptions();

    @Mixin
    private final PolicyOptions policy;

    /** A plan for the command with these options of its own. */
    PlanRolloutCommand(PolicyOptions policy) {
        this.policy = policy;
    }

    @Override
    public void check(Problems problems) {
        if (options.prompts.files.isEmpty()) {
            options.checkWithoutPrompts(policy, problems);
        } else {
            options.check(policy, problems);
        }
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var directory = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var opened = options.device.open()) {
            if (options.prompts.files.isEmpty()) {
                plan(directory, Optional.empty(), opened);
            } else {
                try (var tokenizer = Tokenizer.load(directory.path())) {
                    plan(directory, Optional.of(RolloutCommand.source(options, directory.path(), tokenizer)), opened);
                }
            }
        }
        return 0;
    }

    /** What it would say, in numbers, where no prompts are named of so many; completions count as long as they may be. */
    StageCost cost(int expectedPrompts) {
        Problems.requireNone(this::check);
        var directory = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var opened = options.device.open()) {
            if (options.prompts.files.isEmpty()) {
                return cost(room(directory, Optional.empty(), expectedPrompts, opened));
            }
            try (var tokenizer = Tokenizer.load(directory.path())) {
                return cost(room(directory, Optional.of(RolloutCommand.source(options, directory.path(), tokenizer)), 0, opened));
            }
        }
    }

    private StageCost cost(RolloutRoom room) {
        var job = room.job();
        boolean known = job.extent().prompts() > 0 || job.recipe().steps().maxSteps() > 0;
        var footprint = room.footprint();
        double weights = count(footprint.parameters(), _ -> true);
        double trainings = 2 + (job.adapter().isPresent() ? 2 : 4) + (job.lesson().compares() ? 2 : 0);
        double ofStep = (double) job.recipe().steps().batchSize() * job.recipe().steps().accumulation() * job.longest();
        double draws = (double) job.drawn().order().completions() * job.longest() / job.drawn().order().stepsPerRollout();
        return new StageCost(footprint, rewardBytes(job, room.device()), room.device().info().freeBytes(),
            known ? Optional.of(new StageCost.Work(job.totalSteps(), job.totalSteps() * (ofStep + draws), true,
                job.totalSteps() * weights * (trainings * ofStep + 2 * draws))) : Optional.empty(),
            options.run.saving.savesOnTheWay() ? options.run.saving.keep() : 0);
    }

    /** Of the reward models, as the run would open them. */
    private long rewardBytes(RolloutJob job, Device device) {
        return options.rewards.names().stream().flatMap(name -> name.model().stream()).mapToLong(folder -> ModelReward.plannedBytes(folder,
            RolloutCommand.TOKENS_OF_A_TOKEN * job.longest(), job.drawn().microBatch().sequences(), options.optimization.bf16 ? DType.BF16
            : DType.F32, device)).sum();
    }

    private RolloutRoom room(ModelDirectory directory, Optional<RolloutRun.Source> source, int expected, Device opened) {
        var extent = source.map(found -> found.extent(options.draw.lanes))
            .orElse(new RolloutJob.Extent(expected, options.prompts.maxPromptLength, options.draw.lanes, Set.of()));
        return RolloutRoom.of(RolloutJob.of(options, policy, directory, extent), opened);
    }

    private void plan(ModelDirectory directory, Optional<RolloutRun.Source> source, Device opened) {
        var room = room(directory, source, 0, opened);
        print(room, source);
        spec.commandLine().getOut().flush();
        room.require();
        long rewards = rewardBytes(room.job(), opened);
        long needed = room.footprint().bytesOn(opened) + rewards;
        if (needed > opened.info().freeBytes()) {
            throw LeewayException.resources("needs %s with its reward models (%s of it), device has %s; lower "
                + "per_device_train_batch_size, or take smaller reward models", MemoryPlan.readable(needed), MemoryPlan.readable(rewards),
                MemoryPlan.readable(opened.info().freeBytes()));
        }
    }

    private void print(RolloutRoom room, Optional<RolloutRun.Source> source) {
        var job = room.job();
        var footprint = room.footprint();
        say("model", "%s (%s, %d layers)", job.name(), job.config().modelType(), job.config().numHiddenLayers());
        say("parameters", "%,d, of which %,d are trained", count(footprint.parameters(), _ -> true),
            count(footprint.parameters(), Parameter::isTrained));
        say("memory", "%s = %s of %s free", MemoryPlan.breakdown(footprint.bytes()), MemoryPlan.readable(footprint.totalBytes()),
            MemoryPlan.readable(room.device().info().freeBytes()));
        long rewards = rewardBytes(job, room.device());
        if (rewards > 0) {
            say("", "reward models take %s beside it", MemoryPlan.readable(rewards));
        }
        source.ifPresentOrElse(found -> say("data", "%s", found.prompts().summary()),
            () -> say("data", "none given: prompts of %,d tokens are assumed", job.extent().longestPrompt()));
        PromptArmOptions.note(options.promptArm.arm(options.run.seed)).ifPresent(note -> say(note.name(), "%s", note.text()));
        source.ifPresent(found -> options.rewards.names().forEach(name -> options.reads(name).forEach(part ->
            say("reward", "%s reads '%s': %,d of %,d rows have it", name, part, found.prompts().having(part), job.extent().prompts()))));
        say("rewards", "%s", options.rewards.text());
        say("drawn", "up to %,d tokens behind up to %,d, %d completions at once", job.drawn().request().maxNewTokens(),
            job.extent().longestPrompt(), job.extent().lanes());
        say("steps", "%s", job.stepsText());
        say("", "memory is for micro-batches of %d completions, each of up to %,d tokens with its prompt",
            job.drawn().microBatch().sequences(), job.longest());
        if (job.lesson().compares()) {
            say("reference", "%s", new Task.Compared(Optional.empty(), false).text(job.adapter()));
        }
        say("not known", "%s", "the time: it goes with the lengths of completions, which the model decides"
            + (options.judge.isLocal() ? "; the judge's memory comes on top" : ""));
    }

    private static long count(java.util.List<Parameter> parameters, Predicate<Parameter> which) {
        return parameters.stream().filter(which).mapToLong(parameter -> parameter.value().count()).sum();
    }

    private void say(String name, String format, Object... arguments) {
        spec.commandLine().getOut().println(String.format(Locale.ROOT, "%-10s  %s", name, String.format(Locale.ROOT, format, arguments)));
    }
}
