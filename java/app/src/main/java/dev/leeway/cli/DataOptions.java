package dev.leeway.cli;

import dev.leeway.data.Columns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    /** Which column plays which part. */
    Columns readColumns() {
        return columns.map(Columns::parse).orElse(Columns.AS_NAMED);
    }
}
