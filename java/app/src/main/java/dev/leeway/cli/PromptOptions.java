package dev.leeway.cli;

import dev.leeway.data.ChatFormat;
import dev.leeway.data.Columns;
import dev.leeway.data.PromptArm;
import dev.leeway.data.PromptReader;
import dev.leeway.data.PromptSet;
import dev.leeway.reward.Answer;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Which prompts completions are drawn for; names are those of TRL. */
final class PromptOptions {

    @Option(names = "--dataset_name", paramLabel = "FILE[,FILE…]", split = ",", hideParamSyntax = true,
        description = "files of prompts, or folders or patterns of them: .jsonl, .json with one list, .parquet (with DuckDB); .gz too")
    List<Path> files = new ArrayList<>();

    @Option(names = "--dataset_train_split", paramLabel = "NAME",
        description = "only the files of this split of the folders, such as train (default: all)")
    Optional<String> split = Optional.empty();

    @Option(names = "--columns", paramLabel = "PART=NAME[,…]",
        description = "other column names, such as prompt=question,answer=answer; rewards read answer and tests")
    Optional<String> columns = Optional.empty();

    @Option(names = "--max_prompt_length", paramLabel = "N",
        description = "tokens a prompt may have; of a longer one the last stay, behind begin-of-sequence (default: 512)")
    int maxPromptLength = 512;

    @Option(names = "--allow_truncation", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "cut longer prompts even if they are more than 1 %% of all (default: false)")
    boolean allowTruncation;

    /** Reports what can be known to be wrong before anything is read. */
    void check(Problems problems) {
        problems.require(!files.isEmpty(), "--dataset_name is missing: name a .jsonl file");
        checkGiven(problems);
    }

    /** The same where no file is needed. */
    void checkGiven(Problems problems) {
        DataOptions.requireReadable("--dataset_name", files, split, problems);
        problems.check(this::readColumns);
        problems.require(maxPromptLength > 0, "--max_prompt_length must be positive; got %d", maxPromptLength);
    }

    private Columns readColumns() {
        return columns.map(Columns::parseForPrompts).orElse(Columns.AS_NAMED);
    }

    /** Reports columns that are named for nobody. */
    void requireRead(Set<String> read, Problems problems) {
        var named = new Problems();
        named.check(this::readColumns);
        if (named.isEmpty()) {
            Stream.of(Answer.REFERENCE, Answer.TESTS).filter(part -> readColumns().sources().containsKey(part) && !read.contains(part))
                .forEach(part -> problems.add("--columns " + part + "=… has no effect: nothing in --reward_funcs reads " + part
                    + "; leave it out"));
        }
    }

    /** All files, in order. */
    List<Path> expanded() {
        return files.stream().flatMap(name -> DataOptions.expand(name, split).stream()).toList();
    }

    /**
     * The prompts under an arm, with the parts that rewards read; a part that no row has is refused.
     *
     * @param readers who reads the parts, for people
     */
    PromptSet read(Tokenizer tokenizer, Path model, PromptArm arm, Set<String> parts, String readers) {
        var found = readColumns();
        var prompts = PromptReader.read(expanded(), tokenizer,
            new PromptReader.Options(found, parts, maxPromptLength, allowTruncation, ChatFormat.ofModel(model), arm));
        parts.forEach(part -> prompts.requireAny(part, found, readers));
        return prompts;
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        json.put("max_prompt_length", maxPromptLength);
    }
}
