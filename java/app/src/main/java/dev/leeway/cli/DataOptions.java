package dev.leeway.cli;

import dev.leeway.data.ChatFormat;
import dev.leeway.data.Columns;
import dev.leeway.data.DataFiles;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.EncodingKey;
import dev.leeway.data.ExampleStream;
import dev.leeway.data.Mixture;
import dev.leeway.model.ModelConfig;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Which rows are trained on; names are those of TRL and of datasets. */
final class DataOptions {

    private static final int MAX_LENGTH = 1024;
    private static final int SHUFFLE_BUFFER = 1000;
    private static final String NO_CACHE = "none";

    @Option(names = "--dataset_name", paramLabel = "FILE[,FILE…]", split = ",", hideParamSyntax = true,
        description = "files to train on, or folders or patterns of them: .jsonl, .json with one list, .parquet (with DuckDB); .gz too; "
            + "rows are as said above")
    List<Path> files = new ArrayList<>();

    @Option(names = "--dataset_weights", paramLabel = "W[,W…]", split = ",", hideParamSyntax = true,
        description = "mix the names of --dataset_name in these proportions; an epoch ends where the first would repeat a row (default: "
            + "all rows of all files)")
    List<Double> weights = List.of();

    @Option(names = "--dataset_train_split", paramLabel = "NAME",
        description = "only the files of this split of the folders, such as train (default: all)")
    Optional<String> split = Optional.empty();

    @Option(names = "--columns", paramLabel = "PART=NAME[,…]",
        description = "other column names, such as prompt=question,completion=answer")
    Optional<String> columns = Optional.empty();

    @Option(names = "--max_length", paramLabel = "N",
        description = "tokens a row may have (default: 1024, or the model's limit if that is smaller)")
    Optional<Integer> maxLength = Optional.empty();

    @Option(names = "--completion_only_loss", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train the completion of a row with prompt and completion; false = all of its text (default: true)")
    Optional<Boolean> completionOnly = Optional.empty();

    @Option(names = "--allow_truncation", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "cut longer rows even if they are more than 1 %% of all (default: false)")
    boolean allowTruncation;

    @Option(names = "--packing", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "fill bins of --max_length tokens with whole rows, best fit first; a bin counts as one row of a batch, and no row "
            + "sees another one (default: false)")
    boolean packing;

    @Option(names = "--streaming", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "read and encode rows while training, for data that memory can't hold; needs --max_steps (default: false)")
    boolean streaming;

    @Option(names = "--shuffle_buffer_size", paramLabel = "N",
        description = "rows that --streaming holds to shuffle; 1 = as they come (default: 1000)")
    Optional<Integer> buffer = Optional.empty();

    @Option(names = "--dataset_cache_dir", paramLabel = "DIR|none",
        description = "where encoded rows are kept for the next run, by their contents, up to 20 GB, from which the longest unused go; "
            + "none = nowhere (default: LEEWAY_DATASET_CACHE, or ~/.cache/leeway/datasets)")
    Optional<String> cache = Optional.empty();

    /** Reports what can be known to be wrong before anything is read. */
    void check(Problems problems) {
        problems.require(!files.isEmpty(), "--dataset_name is missing: name a .jsonl file");
        checkGiven(problems);
    }

    /** The same where no file is needed. */
    void checkGiven(Problems problems) {
        requireReadable("--dataset_name", files, split, problems);
        columns.ifPresent(text -> problems.check(() -> Columns.parse(text)));
        maxLength.ifPresent(length -> problems.require(length >= 2, "--max_length must be at least 2; got %d", length));
        problems.require(weights.isEmpty() || weights.size() == files.size(), "--dataset_weights has %d weights for %d names in "
            + "--dataset_name; give one for each", weights.size(), files.size());
        weights.forEach(weight -> problems.require(weight > 0 && Double.isFinite(weight),
            "--dataset_weights must be positive numbers; got %s", weight));
    }

    /** Reports what streaming can't do. */
    void checkStreaming(OptimizationOptions optimization, SavingOptions saving, Problems problems) {
        problems.require(!streaming || optimization.maxSteps > 0,
            "--streaming does not know how many rows there are; say with --max_steps how long to train");
        problems.require(!streaming || !saving.strategy.equals("epoch"),
            "--streaming does not know how long an epoch is; give --save_steps instead of --save_strategy epoch");
        problems.require(!streaming || files.stream().noneMatch(TextRows::isPlain),
            "--streaming reads rows, not .txt files; make them rows with a text column");
        problems.require(!streaming || !packing, "--streaming and --packing exclude each other: bins are filled from all rows");
        problems.require(!streaming || !weights.isEmpty() || files.size() < 2,
            "--streaming reads several names in proportion; give --dataset_weights, or name a folder or a pattern");
        problems.require(!streaming || split.isEmpty(), "--streaming and --dataset_train_split exclude each other; name a pattern");
        problems.require(streaming || buffer.isEmpty(), "--shuffle_buffer_size has no effect without --streaming");
        buffer.ifPresent(rows -> problems.require(rows > 0, "--shuffle_buffer_size must be positive; got %d", rows));
        problems.require(!streaming || cache.isEmpty(), "--dataset_cache_dir has no effect with --streaming, which keeps nothing");
    }

    /** Reports names that stand for no file. */
    static void requireReadable(String option, List<Path> names, Optional<String> split, Problems problems) {
        problems.require(names.stream().noneMatch(name -> name.toString().isEmpty()),
            "%s has an empty name; leave it out, or say . for this folder", option);
        names.stream().filter(name -> !name.toString().isEmpty())
            .forEach(name -> problems.check(() -> expand(name, split).forEach(file -> problems.requireReadable(option, file))));
    }

    /** The files that a name stands for. */
    static List<Path> expand(Path name, Optional<String> split) {
        return split.map(wanted -> DataFiles.ofSplit(name.toString(), wanted)).orElseGet(() -> DataFiles.of(name.toString()));
    }

    /** All files, in order. */
    List<Path> expanded() {
        return files.stream().flatMap(name -> expand(name, split).stream()).toList();
    }

    /** Which column plays which part. */
    Columns readColumns() {
        return columns.map(Columns::parse).orElse(Columns.AS_NAMED);
    }

    /** The length that rows are cut to: never more than the model has positions for. */
    int maxLength(ModelConfig config) {
        int positions = config.maxPositionEmbeddings();
        var problems = new Problems();
        maxLength.ifPresent(length -> problems.require(length <= positions,
            "--max_length %d is more than the model's max_position_embeddings %d; give at most that", length, positions));
        problems.throwIfAny();
        return maxLength.orElse(Math.min(MAX_LENGTH, positions));
    }

    /** How rows are read for a model. */
    DatasetReader.Options readerOptions(ModelConfig config, Optional<ChatFormat> chat) {
        return new DatasetReader.Options(readColumns(), maxLength(config), allowTruncation, chat, completionOnly.orElse(true));
    }

    /** Where encoded rows are kept. */
    Optional<Path> cacheFolder() {
        if (streaming || cache.filter(NO_CACHE::equals).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(cache.or(() -> Optional.ofNullable(System.getenv("LEEWAY_DATASET_CACHE"))).map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "leeway", "datasets")));
    }

    /** The rows in memory; {@code loader} reads them. */
    EncodedRows load(RowLoader loader) {
        if (weights.isEmpty()) {
            return loader.load(expanded());
        }
        return loader.load(mixture(), files.stream().map(name -> expand(name, split)).toList());
    }

    private Mixture mixture() {
        return new Mixture(IntStream.range(0, files.size())
            .mapToObj(i -> new Mixture.Source(files.get(i).toString(), weights.isEmpty() ? 1 : weights.get(i))).toList());
    }

    /** The rows as a stream. */
    StreamedRows stream(Tokenizer tokenizer, DatasetReader.Options options, long seed) {
        var shuffle = new ExampleStream.Shuffle(seed, buffer.orElse(SHUFFLE_BUFFER));
        var notes = new ArrayList<TrainingRows.Note>();
        PromptArmOptions.note(options.promptArm()).ifPresent(notes::add);
        notes.add(new TrainingRows.Note("shuffle", "in a buffer of " + shuffle.buffer() + " rows"));
        return new StreamedRows(epoch -> new ExampleStream(mixture(), tokenizer, options, shuffle, epoch), expanded(),
            EncodingKey.of(tokenizer, options), options.maxLength(), notes);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ModelConfig config, ObjectNode json) {
        json.put("max_length", maxLength(config)).put("completion_only_loss", completionOnly.orElse(true))
            .put("packing", packing).put("streaming", streaming)
            .put("dataset_weights", weights.stream().map(Object::toString).collect(Collectors.joining(",")));
        if (streaming) {
            json.put("shuffle_buffer_size", buffer.orElse(SHUFFLE_BUFFER));
        }
    }
}
