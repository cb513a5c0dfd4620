package dev.leeway.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a policy is compared with; names and meanings are those of TRL. */
final class ReferenceOptions {

    @Option(names = "--ref_model", paramLabel = "DIR",
        description = "model that the policy is compared with (default: the one that training starts from; with --use_peft this is the "
            + "model without its adapter and takes no memory of its own)")
    Optional<Path> model = Optional.empty();

    @Option(names = "--precompute_ref_log_probs", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "ask it for all rows before the first step, and keep its answers in --output_dir: no second model in memory and no "
            + "second pass in a step (default: false)")
    boolean precompute;

    void check(TrainingOptions shared, Problems problems) {
        model.ifPresent(path -> OutputFolder.requireOther(shared.run.outputDir, path, problems));
        model.ifPresent(path -> problems.require(!AdapterSource.isAdapter(path),
            "--ref_model: %s is a PEFT adapter; name a model directory", path));
        model.ifPresent(path -> problems.requireReadable("--ref_model", path.resolve("config.json")));
    }

    /** What the policy is compared with. */
    Task.Compared compared() {
        return new Task.Compared(model, precompute);
    }
}
