package dev.leeway.cli;

import dev.leeway.data.ChatFormat;
import dev.leeway.data.Columns;
import dev.leeway.data.Dataset;
import dev.leeway.data.DatasetReader;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Which rows are trained on. */
final class DataOptions {

    @Option(names = "--dataset_name", paramLabel = "FILE[,FILE…]", split = ",", hideParamSyntax = true,
        description = "files to train on, one JSON object a line: prompt and completion (the completion is trained), or text "
            + "(all of it is)")
    List<Path> files = new ArrayList<>();

    @Option(names = "--columns", paramLabel = "PART=NAME[,…]",
        description = "other column names, such as prompt=question,completion=answer")
    Optional<String> columns = Optional.empty();

    @Option(names = "--max_length", paramLabel = "N",
        description = "tokens a row may have (default: 1024, or the model's limit if that is smaller)")
    Optional<Integer> maxLength = Optional.empty();

    @Option(names = "--allow_truncation", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "cut longer rows even if they are more than 1 %% of all")
    boolean allowTruncation;

    /** Reports what can be known to be wrong before anything is read. */
    void check(Problems problems) {
        problems.require(!files.isEmpty(), "--dataset_name is missing: name a .jsonl file");
        files.forEach(file -> problems.requireReadable("--dataset_name", file));
        columns.ifPresent(text -> problems.check(() -> Columns.parse(text)));
        maxLength.ifPresent(length -> problems.require(length >= 2, "--max_length must be at least 2; got %d", length));
    }

    /** How sft reads files for a model: conversations too where it has a chat template. */
    Function<List<Path>, Dataset> reader(ModelDirectory directory, Tokenizer tokenizer) {
        var options = new DatasetReader.Options(readColumns(), SftCommand.maxLength(this, directory.config()), allowTruncation);
        var chat = ChatFormat.ofModel(directory.path()).map(options::withChat).orElse(options);
        return read -> DatasetReader.read(read, tokenizer, chat);
    }

    /** Which column plays which part. */
    Columns readColumns() {
        return columns.map(Columns::parse).orElse(Columns.AS_NAMED);
    }
}
