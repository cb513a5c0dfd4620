package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Example;
import dev.leeway.data.Purpose;
import dev.leeway.data.Report;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway plan}, {@code leeway plan dpo} and so on: what the command would do with the same options. */
@Command(description = {"Takes the options of a command that trains (sft unless another is named behind plan) and says what the run would "
    + "be, without training: parameters, memory, steps, work, what becomes of the rows, and the first micro-batch with its trained tokens "
    + "in colour (or in brackets).",
    "Without --dataset_name it plans full micro-batches, and the model directory needs no more than its config.json.",
    "Nothing is allocated, and nothing written but the cache of encoded rows; a run that doesn't fit into memory is exit code 5."})
final class PlanCommand implements Callable<Integer>, Checked {

    /** Rows of an imagined step, which is held in memory. */
    private static final int MOST_ROWS = 1 << 20;

    @Spec
    private CommandSpec spec;

    /** Those of the output folder are accepted, so that a command line of a command that trains is one of plan. */
    @Mixin
    private final TrainingOptions options = new TrainingOptions();

    @Mixin
    private final ObjectiveOptions objective;

    /** A plan for the command with these options of its own. */
    PlanCommand(ObjectiveOptions objective) {
        this.objective = objective;
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var directory = objective.start(ModelDirectory.open(options.modelPath.orElseThrow()), OptionalInt.empty());
        try (var opened = options.device.open()) {
            if (options.data.files.isEmpty()) {
                planWithoutRows(directory, opened);
            } else {
                plan(directory, opened);
            }
        }
        return 0;
    }

    /** What it would say, in numbers; where no rows are named, of so many that are as long as they may be. */
    StageCost cost(int expectedRows) {
        Problems.requireNone(this::check);
        var directory = objective.start(ModelDirectory.open(options.modelPath.orElseThrow()), OptionalInt.empty());
        int kept = options.run.saving.savesOnTheWay() ? options.run.saving.keep() : 0;
        try (var opened = options.device.open()) {
            if (options.data.files.isEmpty()) {
                return PlannedRun.of(options.job(directory, objective, TrainingRun.Rows.without(fullRows(directory))), opened)
                    .costWithoutRows(expectedRows, kept);
            }
            try (var tokenizer = Tokenizer.load(directory.path())) {
                var job = options.job(directory, tokenizer, objective);
                try (var _ = job.rows().training()) {
                    return PlannedRun.of(job, opened).cost(kept);
                }
            }
        }
    }

    private void plan(ModelDirectory directory, Device opened) {
        try (var tokenizer = Tokenizer.load(directory.path())) {
            var job = options.job(directory, tokenizer, objective);
            try (var _ = job.rows().training()) {
                var planned = PlannedRun.of(job, opened);
                var text = new BatchText(tokenizer, isColoured() ? BatchText.Marks.COLOUR : BatchText.Marks.BRACKETS);
                planned.print(speakers(job, tokenizer), text, spec.commandLine().getOut());
                planned.room().require();
            }
        }
    }

    /** Who speaks in conversations; the answers of a pair are said to one prompt, which nobody said twice. */
    private Speakers speakers(TrainingRun.Job job, Tokenizer tokenizer) {
        if (job.task().purpose() != Purpose.SUPERVISED) {
            return Speakers.UNKNOWN;
        }
        var counted = Speakers.count(options.data.expanded(), options.data.readColumns(), tokenizer);
        return PromptArmOptions.note(options.promptArm.arm(options.run.seed)).isPresent() ? counted.besideAnArm() : counted;
    }

    private void planWithoutRows(ModelDirectory directory, Device opened) {
        var planned = PlannedRun.of(options.job(directory, objective, TrainingRun.Rows.without(fullRows(directory))), opened);
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
        var task = objective.task(length);
        Unit row = task.purpose().alike(new Example(new int[length], mask, 0));
        var report = new Report(rows, (long) rows * row.length(), (long) rows * row.trainedTokens(), nothing, nothing, nothing, nothing,
            List.of());
        return EncodedRows.of(new RowSet<>(Collections.nCopies(rows, row), report), task.batching(), 0);
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
        objective.check(options, problems);
    }
}
