package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway score}: what a reward model gives to rows of text, or how probable a language model finds them. */
@Command(name = "score", description = {"Scores rows of text: with a reward model (…ForSequenceClassification with one label, or an "
    + "adapter of that type) each text as a whole; with a language model the log-probs of completions, and with --reference how far they "
    + "are from another model's.",
    "Rows have text, prompt and completion, messages, or pairs of chosen and rejected, of which the summary says how many are ranked as "
        + "they are labelled. The result is a JSON object a row, in the order of the rows, with the row's place. Neither the order of rows "
        + "nor how many are scored at once changes a score."})
final class ScoreCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--reference", paramLabel = "DIR", description = "language model, or adapter directory, whose log-probs are subtracted "
        + "from the model's: DPO's implicit reward without its factor beta")
    private Optional<Path> reference = Optional.empty();

    @Mixin
    private final ScoreRows.Options rows = new ScoreRows.Options();

    @Option(names = "--output_file", paramLabel = "FILE", description = "new file for the result (default: standard output)")
    private Optional<Path> outputFile = Optional.empty();

    @Option(names = "--per_token", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "of a language model, give the id and log-prob of each scored token too (default: false)")
    private boolean perToken;

    @Option(names = "--per_device_eval_batch_size", paramLabel = "N", description = "rows scored at once (default: 8)")
    private int batchSize = 8;

    @Mixin
    private final DtypeOptions dtype = new DtypeOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var source = model.source();
        try (var tokenizer = Tokenizer.load(source.base())) {
            var scoring = ScoringModel.find(source, tokenizer);
            var compared = reference.map(path -> ScoringModel.find(AdapterSource.find(path, Optional.empty()), tokenizer));
            compared.ifPresent(scoring::requireComparable);
            if (perToken && scoring.isReward()) {
                throw LeewayException.usage("--per_token has no effect: %s is a reward model, which gives a text one number",
                    scoring.name());
            }
            score(scoring, compared, rows.read(scoring, tokenizer));
        }
        return 0;
    }

    @Override
    public void check(Problems problems) {
        model.check(problems);
        rows.check(problems);
        reference.ifPresent(folder -> problems.require(Files.isDirectory(folder), "--reference: %s is no folder", folder));
        outputFile.ifPresent(file -> problems.require(!Files.exists(file), "--output_file: %s exists; score never overwrites, name a new "
            + "one", file));
        problems.require(batchSize > 0, "--per_device_eval_batch_size must be positive; got %d", batchSize);
        dtype.check(problems);
        device.check(problems);
    }

    private void score(ScoringModel scoring, Optional<ScoringModel> compared, ScoreRows read) {
        var err = spec.commandLine().getErr();
        err.println("  model     " + scoring.name() + (scoring.isReward() ? ", a reward model" : ", a language model"));
        compared.ifPresent(other -> err.println("  reference " + other.name()));
        err.println("  data      " + read.summary());
        try (var opened = device.open(); var file = outputFile.map(ScoreOutput::file).orElseGet(this::standardOutput)) {
            var type = dtype.of(scoring.directory());
            DtypeOptions.note(type, opened).ifPresent(note -> err.println("  bf16      " + note));
            var summary = new ScoreSummary(read.rows().size(), read.pairs(), scoring.isReward() ? "score"
                : compared.isPresent() ? "log-prob difference" : "log-prob");
            new RowScorer(scoring, compared, type, opened).score(read.rows(), batchSize, (row, score) -> {
                file.lines().accept(score.map(found -> found.json(row, perToken)).orElseGet(() ->
                    JsonFile.newObject().put("place", row.place()).put("left_out", row.leftOut().orElseThrow())));
                summary.add(row, score);
                summary.progress(err);
            });
            spec.commandLine().getOut().flush();
            summary.requireScored();
            file.keep();
            err.println(summary.text());
        }
    }

    private ScoreOutput standardOutput() {
        return ScoreOutput.printed(line -> spec.commandLine().getOut().print(line + "\n"));
    }
}
