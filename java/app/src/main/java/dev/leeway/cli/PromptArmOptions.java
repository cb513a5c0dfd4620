package dev.leeway.cli;

import dev.leeway.data.PromptArm;
import dev.leeway.data.PromptAssignment;
import dev.leeway.data.PromptPool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** What is said beside the rows' own words: the arm of a study that rows are read under. */
final class PromptArmOptions {

    private static final String SEEDED = "seeded";
    private static final List<String> ASSIGNMENTS = List.of("in_turn", SEEDED);

    @Option(names = "--prompt_arm", paramLabel = "KIND",
        description = "say something beside the rows' own words: empty = a system turn without words; fixed or trigger = the same to every "
            + "row; pool = paraphrases; irrelevant or neutral = either (default: none)")
    String kind = "none";

    @Option(names = "--prompt_text", paramLabel = "TEXT", description = "what the arm says to every row")
    Optional<String> text = Optional.empty();

    @Option(names = "--prompt_file", paramLabel = "FILE",
        description = "paraphrases that the arm says: one a line of a .txt file, or rows with a column rephrasing")
    Optional<Path> file = Optional.empty();

    @Option(names = "--prompt_placement", paramLabel = "WHERE",
        description = "system = a turn before all others; user_prefix, user_suffix = before or behind the user's first words (default: "
            + "system)")
    Optional<String> placement = Optional.empty();

    @Option(names = "--prompt_paraphrases", paramLabel = "N", description = "the first N of --prompt_file (default: all)")
    Optional<Integer> paraphrases = Optional.empty();

    @Option(names = "--prompt_assignment", paramLabel = "HOW",
        description = "which row gets which paraphrase: in_turn = row i number i mod n; seeded = in rounds that --seed shuffles (default: "
            + "in_turn)")
    Optional<String> assignment = Optional.empty();

    @Option(names = "--prompt_max_reuse", paramLabel = "N",
        description = "rows that a paraphrase may come in at most (default: any number)")
    Optional<Integer> maxReuse = Optional.empty();

    /** Reports all contradictions. */
    void check(Problems problems) {
        var own = new Problems();
        requireNamed(own, "--prompt_arm", kinds(), kind);
        placement.ifPresent(where -> requireNamed(own, "--prompt_placement", placements(), where));
        assignment.ifPresent(how -> requireNamed(own, "--prompt_assignment", ASSIGNMENTS, how));
        own.require(text.isEmpty() || !text.get().isBlank(), "--prompt_text is blank; --prompt_arm empty is a system turn without words");
        own.require(text.isEmpty() || file.isEmpty(), "--prompt_text and --prompt_file exclude each other: one text, or paraphrases");
        paraphrases.ifPresent(count -> own.require(count > 0, "--prompt_paraphrases must be positive; got %d", count));
        maxReuse.ifPresent(count -> own.require(count > 0, "--prompt_max_reuse must be positive; got %d", count));
        own.require(file.isPresent() || given(paraphrases, "--prompt_paraphrases", assignment, "--prompt_assignment", maxReuse,
            "--prompt_max_reuse").isEmpty(), "%s without effect: there are no paraphrases; name them with --prompt_file",
            given(paraphrases, "--prompt_paraphrases", assignment, "--prompt_assignment", maxReuse, "--prompt_max_reuse"));
        file.ifPresent(path -> own.requireReadable("--prompt_file", path));
        checkWords(own);
        if (own.isEmpty()) {
            own.check(() -> arm(0));
        }
        problems.addAll(own);
    }

    /** What each kind needs, and what has no effect with it. */
    private void checkWords(Problems problems) {
        var words = given(text, "--prompt_text", file, "--prompt_file");
        var placed = given(placement, "--prompt_placement");
        switch (kind) {
            case "none" -> {
                var all = Stream.of(words, placed).filter(names -> !names.isEmpty()).collect(Collectors.joining(", "));
                problems.require(all.isEmpty(), "%s without effect: --prompt_arm is none; name what the words are for, such as fixed or "
                    + "pool", all);
            }
            case "empty" -> {
                problems.require(words.isEmpty(), "%s without effect: --prompt_arm empty says nothing", words);
                problems.require(placement.isEmpty() || placement.get().equals("system"), "--prompt_placement %s: --prompt_arm empty is a "
                    + "system turn, and stands nowhere else", placement.orElse(""));
            }
            case "fixed", "trigger" -> {
                problems.require(file.isEmpty(), "--prompt_file: --prompt_arm %s says the same to every row; give --prompt_text", kind);
                problems.require(text.isPresent() || file.isPresent(), "--prompt_arm %s needs --prompt_text", kind);
            }
            case "pool" -> {
                problems.require(text.isEmpty(), "--prompt_text: --prompt_arm pool has paraphrases; give --prompt_file, or make it fixed");
                problems.require(text.isPresent() || file.isPresent(), "--prompt_arm pool needs --prompt_file");
            }
            case "irrelevant", "neutral" -> problems.require(!words.isEmpty(), "--prompt_arm %s needs --prompt_text or --prompt_file",
                kind);
            default -> { } // reported with the names that there are
        }
    }

    /** The names of the options that are given, of pairs of an option and its name. */
    private static String given(Object... pairs) {
        return Stream.iterate(0, i -> i < pairs.length, i -> i + 2).filter(i -> ((Optional<?>) pairs[i]).isPresent())
            .map(i -> (String) pairs[i + 1]).collect(Collectors.joining(", "));
    }

    private static void requireNamed(Problems problems, String option, List<String> names, String given) {
        problems.require(names.contains(given), "%s must be one of %s; got %s", option, String.join(", ", names), given);
    }

    private static List<String> kinds() {
        return Stream.of(PromptArm.Kind.values()).map(PromptArmOptions::name).toList();
    }

    private static List<String> placements() {
        return Stream.of(PromptArm.Placement.values()).map(PromptArmOptions::name).toList();
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static <T extends Enum<T>> T named(Class<T> type, String name) {
        return Enum.valueOf(type, name.toUpperCase(Locale.ROOT));
    }

    /**
     * The arm.
     *
     * @param seed of the run, which shuffles where that was asked for
     * @throws dev.leeway.LeewayException if the paraphrases can't be read, or aren't what the arm takes
     */
    PromptArm arm(long seed) {
        var part = named(PromptArm.Kind.class, kind);
        return switch (part) {
            case NONE -> PromptArm.NONE;
            case EMPTY -> PromptArm.empty();
            default -> {
                var words = file.filter(Files::exists).map(PromptPool::read).or(() -> text.map(List::of)).orElse(List.of());
                var order = assignment.filter(SEEDED::equals).isPresent() ? PromptAssignment.seeded(seed) : PromptAssignment.IN_TURN;
                var all = new PromptArm(kind, part, named(PromptArm.Placement.class, placement.orElse("system")), words,
                    order.atMost(maxReuse.orElse(PromptAssignment.ANY_NUMBER)));
                yield paraphrases.map(all::first).orElse(all);
            }
        };
    }

    /** What is said of it beside the rows; empty where rows stay as they are. */
    static Optional<TrainingRows.Note> note(PromptArm arm) {
        return Optional.of(arm).filter(said -> said.kind() != PromptArm.Kind.NONE)
            .map(said -> new TrainingRows.Note("prompt", said.summary()));
    }

    /** Puts everything that decides numbers into an object; rows as they are leave no trace, as before there were arms. */
    void describe(long seed, ObjectNode json) {
        var arm = arm(seed);
        if (arm.kind() != PromptArm.Kind.NONE) {
            json.put("prompt_arm", arm.name() + ": " + arm.summary()).put("prompt_words", Fingerprint.of(arm.words().toString()));
        }
    }
}
