package dev.leeway.cli;

import dev.leeway.data.Dataset;
import dev.leeway.data.DatasetReader;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How a command reads rows.
 *
 * @param tokenizer that encodes them
 * @param options of the reader
 * @param read files → encoded rows
 * @param note how the reading went
 */
record RowSource(Tokenizer tokenizer, DatasetReader.Options options, Function<List<Path>, Dataset> read,
    Supplier<TrainingRows.Note> note) {

    /** Rows of data files, through the cache of encoded rows. */
    static RowSource cached(DataOptions data, Tokenizer tokenizer, DatasetReader.Options options) {
        var reader = new CachedReader(tokenizer, options, data.cacheFolder());
        return new RowSource(tokenizer, options, reader, reader::note);
    }

    /** The rows to train on, and those to evaluate on. */
    TrainingRun.Rows rows(DataOptions data, EvaluationOptions evaluation, long seed) {
        if (data.streaming) {
            return new TrainingRun.Rows(data.stream(tokenizer, options, seed), evaluation.evaluation(List.of(), data, read));
        }
        var capacity = Optional.of(options.maxLength()).filter(_ -> data.packing);
        var loader = new RowLoader(read, new RowLoader.Layout(capacity, evaluation.split, seed));
        var training = data.load(loader);
        var held = evaluation.evaluation(loader.aside(), data, read);
        return new TrainingRun.Rows(training.with(note.get()), held);
    }
}
