package dev.leeway.cli;

import dev.leeway.data.DatasetReader;
import dev.leeway.data.LabelledExample;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How a command reads rows.
 *
 * @param tokenizer that encodes them
 * @param options of the reader
 * @param task what they are read for
 * @param read files → encoded rows
 * @param note how the reading went
 */
record RowSource(Tokenizer tokenizer, DatasetReader.Options options, Task task, Function<List<Path>, RowSet<? extends Unit>> read,
    Supplier<TrainingRows.Note> note) {

    /** Rows of data files, through the cache of encoded rows. */
    static RowSource cached(DataOptions data, Tokenizer tokenizer, DatasetReader.Options options, Task task) {
        var reader = new CachedReader(tokenizer, options, task.purpose(), data.cacheFolder());
        return new RowSource(tokenizer, options, task, reader, reader::note);
    }

    /** How many answers are good and how many bad, where rows say so: KTO's weights are to make up for the difference. */
    private static Optional<TrainingRows.Note> labels(EncodedRows rows) {
        var judged = rows.bins().stream().flatMap(List::stream).filter(LabelledExample.class::isInstance).map(LabelledExample.class::cast)
            .toList();
        long good = judged.stream().filter(LabelledExample::label).count();
        return judged.isEmpty() ? Optional.empty() : Optional.of(new TrainingRows.Note("labels",
            String.format(Locale.ROOT, "%,d good, %,d bad", good, judged.size() - good)));
    }

    /** The rows to train on, and those to evaluate on. */
    TrainingRun.Rows rows(DataOptions data, EvaluationOptions evaluation, long seed) {
        if (data.streaming) {
            return new TrainingRun.Rows(data.stream(tokenizer, options, seed),
                evaluation.evaluation(List.of(), data, read).with(task.batching()));
        }
        var capacity = Optional.of(options.maxLength()).filter(_ -> data.packing);
        var loader = new RowLoader(read, new RowLoader.Layout(capacity, evaluation.split, task.batching(), seed));
        var training = data.load(loader);
        var held = evaluation.evaluation(loader.aside(), data, read).with(task.batching());
        var told = PromptArmOptions.note(options.promptArm()).map(training::with).orElse(training);
        return new TrainingRun.Rows(labels(training).map(told::with).orElse(told).with(note.get()), held);
    }
}
