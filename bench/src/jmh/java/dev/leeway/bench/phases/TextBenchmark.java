package dev.leeway.bench.phases;

import dev.leeway.bench.ops.Work;
import dev.leeway.data.Example;
import dev.leeway.data.Packer;
import dev.leeway.data.Packing;
import dev.leeway.data.toy.Documents;
import dev.leeway.data.toy.Edition;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Text on its way to batches: 2000 documents encoded with a vocabulary learned from them, and packed into bins of 256 tokens. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TextBenchmark {

    private static final int DOCUMENTS = 2000;
    private static final int CAPACITY = 256;

    private final List<String> documents = Documents.of(Documents.Corpus.WORLD, Edition.of(3), DOCUMENTS);
    private Path folder;
    private Tokenizer tokenizer;
    private List<Example> rows;

    /** Every document must come back from its tokens, and every token must be in one bin. */
    @Setup
    public void open(Work work) throws IOException {
        folder = Files.createTempDirectory("leeway-bench-text");
        new BpeTrainer(1000, new Specials("<s>", "</s>")).train(documents).save(folder);
        tokenizer = Tokenizer.load(folder);
        var encoded = encode();
        rows = new ArrayList<>();
        long tokens = 0;
        for (int i = 0; i < encoded.size(); i++) {
            var ids = encoded.get(i);
            if (!tokenizer.decode(ids, true).equals(documents.get(i))) {
                throw new IllegalStateException("document " + i + " does not come back from its tokens");
            }
            var mask = new boolean[Math.min(CAPACITY, ids.length)];
            java.util.Arrays.fill(mask, 1, mask.length, true);
            rows.add(new Example(java.util.Arrays.copyOf(ids, mask.length), mask, i));
            tokens += mask.length;
        }
        if (pack().tokens() != tokens) {
            throw new IllegalStateException("bins hold " + pack().tokens() + " tokens of " + tokens);
        }
        work.set(0, documents.stream().mapToLong(String::length).sum());
    }

    @TearDown
    public void close() throws IOException {
        tokenizer.close();
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Benchmark
    public List<int[]> encode() {
        return tokenizer.encodeBatch(documents, false);
    }

    @Benchmark
    public Packing<Example> pack() {
        return Packer.pack(rows, CAPACITY);
    }
}
