package dev.leeway.cli;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.reward.RewardList;
import dev.leeway.reward.RewardName;
import dev.leeway.reward.RewardRoom;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.TrainingState;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code leeway grpo}, {@code leeway rloo} and the others that train a Hugging Face directory, all its weights or a LoRA adapter, on
 * completions that it draws itself. What each of them learns is said by its options.
 */
@Command
final class RolloutCommand implements Callable<Integer>, Checked {

    /** A reward model's tokens may be others than the policy's, and more of them. */
    static final int TOKENS_OF_A_TOKEN = 2;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final RolloutOptions options = new RolloutOptions();

    @Mixin
    private final PolicyOptions policy;

    /** A command with these options of its own. */
    RolloutCommand(PolicyOptions policy) {
        this.policy = policy;
    }

    @Override
    public void check(Problems problems) {
        options.check(policy, problems);
        options.modelPath.ifPresent(path -> OutputFolder.requireOther(options.run.outputDir, path, problems));
        options.run.check(problems);
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var directory = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var tokenizer = Tokenizer.load(directory.path()); var opened = options.device.open()) {
            var source = source(options, directory.path(), tokenizer);
            var job = RolloutJob.of(options, policy, directory, source.extent(options.draw.lanes));
            try (var folder = options.run.claim(spec); var training = new RolloutRun(job, source, folder.path(),
                options.run.loggingSteps, opened); var rewards = rewards(training, source, folder, opened)) {
                train(training, directory, rewards, folder);
            }
        }
        return 0;
    }

    /** The prompts with what the rewards read beside them. */
    static RolloutRun.Source source(RolloutOptions options, Path model, Tokenizer tokenizer) {
        var names = options.rewards.names();
        var parts = new java.util.TreeSet<String>();
        names.forEach(name -> parts.addAll(options.reads(name)));
        var readers = String.join(", ", names.stream().filter(name -> !options.reads(name).isEmpty()).map(RewardName::toString).toList());
        var table = options.draw.logCompletions ? Optional.of(options.draw.completionsToPrint.orElse(4)) : Optional.<Integer>empty();
        var arm = options.promptArm.arm(options.run.seed);
        return new RolloutRun.Source(options.prompts.read(tokenizer, model, arm, Set.copyOf(parts), readers), options.prompts.expanded(),
            arm, tokenizer, options.rewards.text(), table);
    }

    private RewardList rewards(RolloutRun training, RolloutRun.Source source, OutputFolder folder, Device opened) {
        var job = training.job();
        int lanes = job.drawn().microBatch().sequences();
        var dtype = options.optimization.bf16 ? DType.BF16 : DType.F32;
        var room = new RewardRoom(job.drawn().request().maxNewTokens(), TOKENS_OF_A_TOKEN * job.longest(), lanes, dtype, opened,
            () -> {
                var judge = options.judge.open(folder.path(), lanes, dtype, opened);
                training.dependencies().add("judge", judge.id());
                return options.judge.reward(judge);
            });
        return RewardList.open(options.rewards.names(), options.rewards.weights(), source.answers(), room);
    }

    private void train(RolloutRun training, ModelDirectory directory, RewardList rewards, OutputFolder folder) {
        var line = spec.commandLine();
        directory.loadInto(training.model());
        new Initializer(options.run.seed, 0).fillAdapter(training.model());
        var adapter = training.job().adapter();
        adapter.ifPresent(_ -> training.dependencies().add("base_model", Fingerprint.ofWeights(directory.path())));
        if (training.job().lesson().compares()) {
            training.dependencies().add("ref_model", Fingerprint.ofWeights(directory.path()));
        }
        options.rewards.names().forEach(name -> name.model().ifPresent(model ->
            training.dependencies().add(name.toString(), Fingerprint.ofModel(model))));
        training.dependencies().add("tokenizer", Fingerprint.ofFile(directory.path().resolve("tokenizer.json")));
        training.dependencies().add("command", spec.name());
        training.dependencies().addAll(options.describe(policy));
        line.getErr().println("leeway " + spec.name() + " → " + folder.path());
        training.start(directory, rewards);
        new KeptRun(training, kind(training, directory, adapter, folder), folder, options.run, line.getOut(), line.getErr()).run();
    }

    private static KeptRun.Kind kind(RolloutRun training, ModelDirectory directory, Optional<AdapterConfig> adapter, OutputFolder folder) {
        return adapter.map(config -> new KeptRun.Kind(session -> TrainingState.ofAdapter(session, config, directory.path())
            .keep(training.rollouts()),
            OutputFolder.Result.ADAPTER, () -> directory.saveAdapter(training.model(), config, folder.path())))
            .orElseGet(() -> new KeptRun.Kind(session -> TrainingState.ofModel(session, directory.json(), directory.path())
                .keep(training.rollouts()),
                OutputFolder.Result.MODEL, () -> directory.save(training.model(), folder.path())));
    }
}
