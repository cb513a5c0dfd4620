package dev.leeway.cli;

import dev.leeway.data.DatasetCache;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.Purpose;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reads files into encoded rows, from the cache where it has them, and tells which. */
final class CachedReader implements Function<List<Path>, RowSet<? extends Unit>> {

    private final Tokenizer tokenizer;
    private final DatasetReader.Options options;
    private final Purpose<?> purpose;
    private final Optional<Path> folder;
    private int found;
    private int encoded;

    /** Reads with a cache in a folder, or without one. */
    CachedReader(Tokenizer tokenizer, DatasetReader.Options options, Purpose<?> purpose, Optional<Path> folder) {
        this.tokenizer = tokenizer;
        this.options = options;
        this.purpose = purpose;
        this.folder = folder;
    }

    @Override
    public RowSet<? extends Unit> apply(List<Path> files) {
        if (folder.isEmpty()) {
            return DatasetReader.read(files, tokenizer, options, purpose);
        }
        var rows = new DatasetCache(folder.get()).find(files, tokenizer, options, purpose);
        found += rows.fromCache() ? 1 : 0;
        encoded += rows.fromCache() ? 0 : 1;
        return rows.rows();
    }

    /** Whether the cache was used. */
    TrainingRows.Note note() {
        var where = folder.map(path -> " in " + path).orElse("");
        return new TrainingRows.Note("cache", folder.isEmpty() ? "not used" : encoded == 0 ? "all rows found" + where
            : found == 0 ? "rows encoded and kept" + where : "some rows found, others encoded and kept" + where);
    }
}
