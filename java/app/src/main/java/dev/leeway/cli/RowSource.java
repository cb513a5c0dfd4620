package dev.leeway.cli;

import dev.leeway.data.DatasetReader;
import dev.leeway.data.LabelledExample;
import dev.leeway.data.PromptArm;
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
 * @param read reads them
 * @param note how the reading went
 */
record RowSource(Tokenizer tokenizer, DatasetReader.Options options, Task task, Read read, Supplier<TrainingRows.Note> note) {

    /**
     * Files → encoded rows.
     *
     * @param trained that are trained on
     * @param plain the same without a prompt arm
     */
    record Read(Function<List<Path>, RowSet<? extends Unit>> trained, Function<List<Path>, RowSet<? extends Unit>> plain) {

        /** Of rows that have no arm. */
        static Read alike(Function<List<Path>, RowSet<? extends Unit>> both) {
            return new Read(both, both);
        }
    }

    /** Rows of data files, through the cache of encoded rows. */
    static RowSource cached(DataOptions data, Tokenizer tokenizer, DatasetReader.Options options, Task task) {
        var reader = new CachedReader(tokenizer, options, task.purpose(), data.cacheFolder());
        var plain = new CachedReader(tokenizer, options.withPromptArm(PromptArm.NONE), task.purpose(), data.cacheFolder());
        return new RowSource(tokenizer, options, task, new Read(reader, plain), reader::note);
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
        var evaluated = evaluation.leavesArmOut() ? read.plain() : read.trained();
        if (data.streaming) {
            return new TrainingRun.Rows(data.stream(tokenizer, options, seed),
                evaluation.evaluation(List.of(), data, evaluated).with(task.batching()));
        }
        var capacity = Optional.of(options.maxLength()).filter(_ -> data.packing);
        var loader = new RowLoader(read.trained(), new RowLoader.Layout(capacity, evaluation.split, task.batching(), seed));
        var training = data.load(loader);
        var held = evaluation.evaluation(loader.aside(), data, evaluated).with(task.batching());
        var told = PromptArmOptions.note(options.promptArm()).map(training::with).orElse(training);
        return new TrainingRun.Rows(labels(training).map(told::with).orElse(told).with(note.get()), held);
    }
}
