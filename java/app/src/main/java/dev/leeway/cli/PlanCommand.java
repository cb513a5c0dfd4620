package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Dataset;
import dev.leeway.data.Example;
import dev.leeway.data.Report;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway plan}: what {@code leeway sft} would do with the same options. */
@Command(name = "plan", description = {"Takes the options of sft and says what the run would be, without training: parameters, memory, "
    + "steps, work, what becomes of the rows, and the first micro-batch with its trained tokens in colour (or in brackets).",
    "Without --dataset_name it plans full micro-batches, and the model directory needs no more than its config.json.",
    "Nothing is allocated, and nothing written but the cache of encoded rows; a run that doesn't fit into memory is exit code 5."})
final class PlanCommand implements Callable<Integer>, Checked {

    /** Rows of an imagined step, which is held in memory. */
    private static final int MOST_ROWS = 1 << 20;

    @Spec
    private CommandSpec spec;

    /** Those of the output folder are accepted, so that a command line of sft is one of plan. */
    @Mixin
    private final SftOptions options = new SftOptions();

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var directory = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var opened = options.device.open()) {
            if (options.data.files.isEmpty()) {
                planWithoutRows(directory, opened);
            } else {
                plan(directory, opened);
            }
        }
        return 0;
    }

    private void plan(ModelDirectory directory, Device opened) {
        try (var tokenizer = Tokenizer.load(directory.path())) {
            var job = options.job(directory, tokenizer);
            try (var _ = job.rows().training()) {
                var planned = PlannedRun.of(job, opened);
                var text = new BatchText(tokenizer, isColoured() ? BatchText.Marks.COLOUR : BatchText.Marks.BRACKETS);
                planned.print(Speakers.count(options.data.expanded(), options.data.readColumns(), tokenizer), text,
                    spec.commandLine().getOut());
                planned.room().require();
            }
        }
    }

    private void planWithoutRows(ModelDirectory directory, Device opened) {
        var planned = PlannedRun.of(options.job(directory, TrainingRun.Rows.without(fullRows(directory))), opened);
        planned.printWithoutData(spec.commandLine().getOut());
        planned.room().require();
    }

    /** The rows of one step, each as long as it may be. */
    private EncodedRows fullRows(ModelDirectory directory) {
        int length = options.data.maxLength(directory.config());
        var mask = new boolean[length];
        Arrays.fill(mask, 1, length, true);
        int rows = rowsOfStep();
        var nothing = new Report.Count(0, Optional.empty());
        return EncodedRows.of(new Dataset(Collections.nCopies(rows, new Example(new int[length], mask, 0)),
            new Report(rows, (long) rows * length, (long) rows * (length - 1), nothing, nothing, nothing, nothing, List.of())), 0);
    }

    private int rowsOfStep() {
        var steps = options.optimization;
        long rows = (long) steps.batchSize * steps.accumulation;
        if (rows > MOST_ROWS) {
            throw LeewayException.usage("a step has %d × %d rows; a plan without --dataset_name takes at most %d; lower "
                + "per_device_train_batch_size or gradient_accumulation_steps", steps.batchSize, steps.accumulation, MOST_ROWS);
        }
        return (int) rows;
    }

    private static boolean isColoured() {
        return StandardOutput.isTerminal() && System.getenv("NO_COLOR") == null;
    }

    @Override
    public void check(Problems problems) {
        if (options.data.files.isEmpty()) {
            options.checkWithoutRows(problems);
        } else {
            options.check(problems);
        }
    }
}
