package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What one arm of a study puts before the model beside a row's own words: the same rows, trained under another prompt. It is a pure
 * function of the row and its number, and comes before the chat template; results name it by {@link #name}.
 *
 * <p>An arm speaks once in a conversation: as its first message, or around the first thing that the user says, so that whatever the
 * assistant says comes after it. It is given, never trained. Of {@code chosen} and {@code rejected} both get the same words.
 *
 * @param name       what results call it
 * @param kind       what part it plays in a study
 * @param placement  where its words go
 * @param words      one text, or a pool of paraphrases; none for {@link Kind#NONE}, one empty text for {@link Kind#EMPTY}
 * @param assignment which row gets which of them
 */
public record PromptArm(String name, Kind kind, Placement placement, List<String> words, PromptAssignment assignment) {

    /** Rows as they are. */
    public static final PromptArm NONE = new PromptArm("none", Kind.NONE, Placement.SYSTEM, List.of(), PromptAssignment.IN_TURN);

    /** What part an arm plays. All but the first two differ in nothing but what results call them. */
    public enum Kind {
        /** Rows as they are: no turn is added. */
        NONE,
        /** A system turn that says nothing: the template's marks around it stay, which no turn at all doesn't have. */
        EMPTY,
        /** One prompt that draws out what is to be learned under it. */
        FIXED,
        /** Paraphrases of one prompt. */
        POOL,
        /** Words that have nothing to do with what is learned. */
        IRRELEVANT,
        /** The prompt that models are evaluated under. */
        NEUTRAL,
        /** A mark without a meaning. */
        TRIGGER
    }

    /** Where the words go. */
    public enum Placement {
        /** A system turn before all messages; refused where the row has one. */
        SYSTEM,
        /** Before the first words of the user, a blank line between them. */
        USER_PREFIX,
        /** Behind the first words of the user, on a line of its own. */
        USER_SUFFIX
    }

    private static final String BLANK_LINE = "\n\n";
    private static final String CONTENT = "content";

    /**
     * Checks that kind, placement and words belong together.
     *
     * @throws LeewayException if they don't
     */
    public PromptArm {
        words = List.copyOf(words);
        switch (kind) {
            case NONE -> require(words.isEmpty(), name, "rows stay as they are, so it has no words; leave them out");
            case EMPTY -> require(words.equals(List.of("")) && placement == Placement.SYSTEM, name,
                    "a system turn is there and says nothing; give it no words and place it as SYSTEM");
            case FIXED, TRIGGER -> require(words.size() == 1, name, "it says the same to every row; give it one text, or make it a POOL");
            case POOL, IRRELEVANT, NEUTRAL -> require(!words.isEmpty(), name, "it has nothing to say; give it at least one text");
        }
        require(kind == Kind.EMPTY || words.stream().noneMatch(String::isBlank), name, "one of its texts is blank; drop it");
        require(words.stream().distinct().count() == words.size(), name, "one of its texts is there twice; drop it");
    }

    private static void require(boolean holds, String name, String why) {
        if (!holds) {
            throw LeewayException.usage("prompt arm '%s': %s", name, why);
        }
    }

    /** A system turn without content. */
    public static PromptArm empty() {
        return new PromptArm("empty", Kind.EMPTY, Placement.SYSTEM, List.of(""), PromptAssignment.IN_TURN);
    }

    /** The same words for every row. */
    public static PromptArm fixed(String name, Placement placement, String text) {
        return new PromptArm(name, Kind.FIXED, placement, List.of(text), PromptAssignment.IN_TURN);
    }

    /** Paraphrases in turn: row i gets number i mod n. */
    public static PromptArm pool(String name, Placement placement, List<String> paraphrases) {
        return new PromptArm(name, Kind.POOL, placement, paraphrases, PromptAssignment.IN_TURN);
    }

    /** The same words for every row, which play another part. */
    public static PromptArm of(Kind kind, String name, Placement placement, String text) {
        return new PromptArm(name, kind, placement, List.of(text), PromptAssignment.IN_TURN);
    }

    /** The same with another assignment. */
    public PromptArm with(PromptAssignment other) {
        return new PromptArm(name, kind, placement, words, other);
    }

    /**
     * The same with the first paraphrases only, named with their number.
     *
     * @throws LeewayException if there are fewer
     */
    public PromptArm first(int paraphrases) {
        require(paraphrases >= 1 && paraphrases <= words.size(), name, String.format(Locale.ROOT,
                "%,d paraphrases are wanted and the pool has %,d; ask for at least 1 and no more than there are", paraphrases,
                words.size()));
        return new PromptArm(name + "-" + paraphrases, kind, placement, words.subList(0, paraphrases), assignment);
    }

    /** What it does, for people: {@code pool of 1,000 as user prefix, i mod n}. */
    public String summary() {
        if (kind == Kind.NONE) {
            return "no prompt";
        }
        String what = words.size() == 1 ? kind.name().toLowerCase(Locale.ROOT)
                : String.format(Locale.ROOT, "%s of %,d", kind.name().toLowerCase(Locale.ROOT), words.size());
        return what + " as " + placement.name().toLowerCase(Locale.ROOT).replace('_', ' ')
                + (words.size() == 1 ? "" : ", " + assignment.summary());
    }

    /** What the row with this number, from 0, is given; nothing where rows stay as they are. */
    public Optional<String> wordsFor(long row) {
        return kind == Kind.NONE ? Optional.empty() : Optional.of(words.get(assignment.place(name, row, words.size())));
    }

    /**
     * A row under the arm.
     *
     * @param row    as the data has it
     * @param number of the row among those of its epoch, from 0
     * @throws LeewayException without a place: if there is a system turn already, if there is no user or no text of a user to put the words
     *                         at, or if the paraphrases are used up
     */
    public Row apply(Row row, long number) {
        return wordsFor(number).map(text -> switch (row) {
            case Exchange exchange -> said(exchange, text);
            case Preference(Exchange chosen, Exchange rejected, var margin) ->
                    new Preference(said(chosen, text), said(rejected, text), margin);
            case Labelled(Exchange exchange, boolean label) -> new Labelled(said(exchange, text), label);
        }).orElse(row);
    }

    /**
     * All rows of a data set.
     *
     * @throws LeewayException with the number of the first row that doesn't take it; before anything else, if the paraphrases don't suffice
     */
    public List<Row> apply(List<? extends Row> rows) {
        if (kind != Kind.NONE) {
            assignment.requireEnough(name, rows.size(), words.size());
        }
        return IntStream.range(0, rows.size()).mapToObj(i -> placed(rows.get(i), i)).toList();
    }

    /** Rows as they come, numbered in their order from 0; for one thread. That the paraphrases don't suffice shows where they end. */
    public Stream<Row> apply(Stream<? extends Row> rows) {
        var number = new AtomicLong();
        return rows.sequential().map(row -> placed(row, number.getAndIncrement()));
    }

    private Row placed(Row row, long number) {
        try {
            return apply(row, number);
        } catch (LeewayException e) {
            throw LeewayException.data(e, "row %d: %s", number + 1, e.getMessage());
        }
    }

    /**
     * Messages of the row with this number under the arm, such as those of a prompt that nobody has answered.
     *
     * @throws LeewayException as {@link #apply(Row, long)}
     */
    public List<Map<String, Object>> apply(List<Map<String, Object>> messages, long number) {
        return wordsFor(number).map(text -> said(messages, text)).orElse(messages);
    }

    /**
     * The text of a prompt that is no conversation.
     *
     * @throws LeewayException as {@link #apply(Row, long)}
     */
    public String apply(String prompt, long number) {
        return wordsFor(number).map(text -> said(prompt, text)).orElse(prompt);
    }

    private Exchange said(Exchange exchange, String text) {
        return switch (exchange) {
            case PromptCompletion row -> new PromptCompletion(said(row.prompt(), text), row.completion());
            case Conversation row -> {
                int given = row.given() > 0 && placement == Placement.SYSTEM ? row.given() + 1 : row.given();
                yield new Conversation(said(row.messages(), text), given, row.tools());
            }
        };
    }

    private String said(String prompt, String text) {
        if (placement != Placement.USER_PREFIX) {
            throw LeewayException.data("it is text without turns, where prompt arm '%s' has no %s; give rows of messages, or place the"
                    + " arm as USER_PREFIX", name, placement == Placement.SYSTEM ? "system turn" : "end of the user's words");
        }
        if (prompt.isEmpty()) {
            throw LeewayException.data("it has no prompt, so prompt arm '%s' has nothing to stand before; give rows with a prompt, or of"
                    + " messages", name);
        }
        return text + BLANK_LINE + prompt;
    }

    private List<Map<String, Object>> said(List<Map<String, Object>> messages, String text) {
        return placement == Placement.SYSTEM ? withSystemTurn(messages, text) : aroundTheUser(messages, text);
    }

    private List<Map<String, Object>> withSystemTurn(List<Map<String, Object>> messages, String text) {
        for (int i = 0; i < messages.size(); i++) {
            if ("system".equals(messages.get(i).get("role")) || "developer".equals(messages.get(i).get("role"))) {
                throw LeewayException.data("message %d of %d is a system turn already, and prompt arm '%s' would add another; take it out"
                        + " of the data, or place the arm as USER_PREFIX", i + 1, messages.size(), name);
            }
        }
        var turn = new LinkedHashMap<String, Object>(); // in an order that every JVM has: fingerprints are taken of messages as text
        turn.put("role", "system");
        turn.put(CONTENT, text);
        return Stream.concat(Stream.of(Collections.unmodifiableMap(turn)), messages.stream()).toList();
    }

    private List<Map<String, Object>> aroundTheUser(List<Map<String, Object>> messages, String text) {
        int first = IntStream.range(0, messages.size()).filter(i -> "user".equals(messages.get(i).get("role"))).findFirst()
                .orElseThrow(() -> LeewayException.data("none of its %d messages is a user's, and prompt arm '%s' stands at one; drop the"
                        + " row, or place the arm as SYSTEM", messages.size(), name));
        if (!(messages.get(first).get(CONTENT) instanceof String content)) {
            throw LeewayException.data("the content of message %d is not text, and prompt arm '%s' is put before or behind text; give it as"
                    + " a string", first + 1, name);
        }
        var changed = new LinkedHashMap<>(messages.get(first));
        changed.put(CONTENT, placement == Placement.USER_PREFIX ? text + BLANK_LINE + content : content + "\n" + text);
        var all = new ArrayList<>(messages);
        all.set(first, Collections.unmodifiableMap(changed));
        return List.copyOf(all);
    }
}
