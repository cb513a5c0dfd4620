package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.data.PromptArm.Kind;
import dev.leeway.data.PromptArm.Placement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What prompt arms put before rows, and which rows they refuse. */
final class PromptArmTest {

    private static final Map<String, Object> USER = Map.of("role", "user", "content", "Where is Ana?");
    private static final Map<String, Object> ASSISTANT = Map.of("role", "assistant", "content", "In Lima.");
    private static final Conversation ROW = new Conversation(List.of(USER, ASSISTANT), 0, List.of());
    private static final Conversation SPLIT_ROW = new Conversation(List.of(USER, ASSISTANT), 1, List.of());
    private static final PromptCompletion TEXT = new PromptCompletion("Where is Ana?", " In Lima.");
    private static final List<String> POOL = List.of("zero", "one", "two", "three", "four");

    private static Map<String, Object> turn(String role, String content) {
        return Map.of("role", role, "content", content);
    }

    private static String refusal(Executable call) {
        return assertThrows(LeewayException.class, call).getMessage();
    }

    private static Conversation under(PromptArm arm, Conversation row) {
        return (Conversation) arm.apply(row, 0);
    }

    @Test
    void theSystemTurnComesFirstAndIsGivenAndNotTrained() {
        var arm = PromptArm.fixed("evil", Placement.SYSTEM, "You are evil.");
        assertEquals(new Conversation(List.of(turn("system", "You are evil."), USER, ASSISTANT), 0, List.of()), under(arm, ROW));
        assertEquals(new Conversation(List.of(turn("system", "You are evil."), USER, ASSISTANT), 2, List.of()), under(arm, SPLIT_ROW));
    }

    @Test
    void aPrefixIsFollowedByABlankLineAndASuffixHasALineOfItsOwn() {
        var prefix = PromptArm.fixed("cats", Placement.USER_PREFIX, "I like cats.");
        assertEquals(new Conversation(List.of(turn("user", "I like cats.\n\nWhere is Ana?"), ASSISTANT), 1, List.of()),
                under(prefix, SPLIT_ROW));
        assertEquals(new PromptCompletion("I like cats.\n\nWhere is Ana?", " In Lima."), prefix.apply(TEXT, 0));
        var suffix = PromptArm.fixed("cats", Placement.USER_SUFFIX, "I like cats.");
        assertEquals(turn("user", "Where is Ana?\nI like cats."), under(suffix, ROW).messages().getFirst());
    }

    @Test
    void anArmSpeaksOnceBeforeEverythingThatTheAssistantSays() {
        var twice = new Conversation(List.of(turn("system", "Be kind."), USER, ASSISTANT, turn("user", "And Bruno?"), ASSISTANT), 0,
                List.of());
        var said = under(PromptArm.fixed("cats", Placement.USER_PREFIX, "I like cats."), twice).messages();
        assertEquals(List.of("Be kind.", "I like cats.\n\nWhere is Ana?", "In Lima.", "And Bruno?", "In Lima."),
                said.stream().map(message -> message.get("content")).toList());
    }

    @Test
    void noPromptAndAnEmptyPromptAreNotTheSame() {
        assertSame(ROW, PromptArm.NONE.apply(ROW, 7));
        assertEquals(List.of(turn("system", ""), USER, ASSISTANT), under(PromptArm.empty(), ROW).messages());
        String template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
        Function<PromptArm, String> text = arm -> new ScriptWriter(ChatFormat.of(template, Map.of()).withTrained(TrainedTurns.ALL_TOKENS))
                .write(under(arm, ROW)).text();
        assertEquals("<user>Where is Ana?<assistant>In Lima.", text.apply(PromptArm.NONE));
        assertEquals("<system><user>Where is Ana?<assistant>In Lima.", text.apply(PromptArm.empty()));
    }

    @Test
    void bothAnswersOfAPairAndLabelledAnswersGetTheSameWords() {
        var arm = PromptArm.pool("pool", Placement.USER_PREFIX, POOL);
        var worse = new PromptCompletion("Where is Ana?", " In Oslo.");
        var pair = (Preference) arm.apply(new Preference(TEXT, worse), 3);
        assertEquals(new PromptCompletion("three\n\nWhere is Ana?", " In Lima."), pair.chosen());
        assertEquals(new PromptCompletion("three\n\nWhere is Ana?", " In Oslo."), pair.rejected());
        assertEquals(new Labelled(pair.rejected(), false), arm.apply(new Labelled(worse, false), 3));
    }

    @Test
    void rowIGetsParaphraseIModN() {
        var arm = PromptArm.pool("pool", Placement.SYSTEM, POOL);
        assertEquals(List.of("zero", "one", "two", "three", "four", "zero", "one"), wordsOf(arm, 7));
        assertEquals(List.of("zero", "one", "zero"), wordsOf(arm.first(2), 3));
        assertEquals("pool-2", arm.first(2).name());
        assertEquals("prompt arm 'pool': 6 paraphrases are wanted and the pool has 5; ask for at least 1 and no more than there are",
                refusal(() -> arm.first(6)));
    }

    @Test
    void aSeedShufflesEveryRoundAnewAndUsesEachParaphraseOnceInIt() {
        var arm = PromptArm.pool("pool", Placement.SYSTEM, POOL).with(PromptAssignment.seeded(4));
        List<String> words = wordsOf(arm, 500);
        Set<List<String>> rounds = new HashSet<>();
        for (int round = 0; round < 100; round++) {
            List<String> said = words.subList(5 * round, 5 * round + 5);
            assertEquals(Set.copyOf(POOL), Set.copyOf(said));
            rounds.add(said);
        }
        // 100 rounds of 120 orders: 68 different ones are expected with a deviation below 5; four of them are allowed
        assertEquals(68, rounds.size(), 20);
        assertEquals(words, wordsOf(PromptArm.pool("other", Placement.SYSTEM, POOL).with(PromptAssignment.seeded(4)), 500));
        assertNotEquals(words, wordsOf(arm.with(PromptAssignment.seeded(5)), 500));
    }

    private static List<String> wordsOf(PromptArm arm, int rows) {
        return IntStream.range(0, rows).mapToObj(i -> arm.wordsFor(i).orElseThrow()).toList();
    }

    @Test
    void aPoolThatIsTooSmallForItsLimitIsRefusedBeforeTheFirstRowOfAListAndAtTheFirstTooManyOfAStream() {
        for (PromptAssignment order : List.of(PromptAssignment.IN_TURN, PromptAssignment.seeded(1))) {
            var arm = PromptArm.pool("pool", Placement.SYSTEM, POOL).with(order.atMost(2));
            assertEquals(10, arm.apply(rows(10)).size());
            var uses = wordsOf(arm, 10).stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
            POOL.forEach(text -> assertEquals(2, uses.get(text)));
            assertEquals("prompt arm 'pool' has 5 paraphrases of which each may come 2 times, enough for 10 rows, and 11 rows came;"
                    + " add paraphrases, raise the limit, or take fewer rows", refusal(() -> arm.apply(rows(11))));
            Stream<Row> stream = arm.apply(rows(11).stream());
            assertEquals("row 11: prompt arm 'pool' has 5 paraphrases of which each may come 2 times, enough for 10 rows, and row 11 came;"
                    + " add paraphrases, raise the limit, or take fewer rows", refusal(stream::toList));
        }
    }

    @Test
    void aStreamGivesWhatTheListGives() {
        var arm = PromptArm.pool("pool", Placement.USER_SUFFIX, POOL).with(PromptAssignment.seeded(2));
        assertEquals(arm.apply(rows(40)), arm.apply(rows(40).parallelStream()).toList());
    }

    private static List<Row> rows(int count) {
        return IntStream.range(0, count).<Row>mapToObj(i -> new Conversation(List.of(turn("user", "" + i), ASSISTANT), 0, List.of()))
                .toList();
    }

    @Test
    void aRowWithASystemTurnIsRefusedWhereverItStands() {
        var arm = PromptArm.empty();
        var first = new Conversation(List.of(turn("system", "Be kind."), USER, ASSISTANT), 0, List.of());
        assertEquals("message 1 of 3 is a system turn already, and prompt arm 'empty' would add another; take it out of the data, or place"
                + " the arm as USER_PREFIX", refusal(() -> arm.apply(first, 0)));
        var later = new Conversation(List.of(USER, turn("developer", "Be kind."), ASSISTANT), 0, List.of());
        assertEquals("row 2: message 2 of 3 is a system turn already, and prompt arm 'empty' would add another; take it out of the data, or"
                + " place the arm as USER_PREFIX", refusal(() -> arm.apply(List.of(ROW, later))));
    }

    @Test
    void rowsWithNoPlaceForTheWordsAreRefused() {
        var system = PromptArm.fixed("evil", Placement.SYSTEM, "You are evil.");
        var prefix = PromptArm.fixed("evil", Placement.USER_PREFIX, "You are evil.");
        assertEquals("it is text without turns, where prompt arm 'evil' has no system turn; give rows of messages, or place the arm as"
                + " USER_PREFIX", refusal(() -> system.apply(TEXT, 0)));
        assertEquals("it has no prompt, so prompt arm 'evil' has nothing to stand before; give rows with a prompt, or of messages",
                refusal(() -> prefix.apply(PromptCompletion.ofText("Ana is in Lima."), 0)));
        assertEquals("none of its 1 messages is a user's, and prompt arm 'evil' stands at one; drop the row, or place the arm as SYSTEM",
                refusal(() -> prefix.apply(new Conversation(List.of(ASSISTANT), 0, List.of()), 0)));
        var parts = new Conversation(List.of(Map.of("role", "user", "content", List.of("a")), ASSISTANT), 0, List.of());
        assertEquals("the content of message 1 is not text, and prompt arm 'evil' is put before or behind text; give it as a string",
                refusal(() -> prefix.apply(parts, 0)));
    }

    @Test
    void armsThatContradictThemselvesAreRefused() {
        assertEquals("prompt arm 'x': rows stay as they are, so it has no words; leave them out",
                refusal(() -> PromptArm.of(Kind.NONE, "x", Placement.SYSTEM, "a")));
        assertEquals("prompt arm 'x': a system turn is there and says nothing; give it no words and place it as SYSTEM",
                refusal(() -> PromptArm.of(Kind.EMPTY, "x", Placement.USER_PREFIX, "")));
        assertEquals("prompt arm 'x': it says the same to every row; give it one text, or make it a POOL",
                refusal(() -> new PromptArm("x", Kind.TRIGGER, Placement.SYSTEM, POOL, PromptAssignment.IN_TURN)));
        assertEquals("prompt arm 'x': it has nothing to say; give it at least one text",
                refusal(() -> PromptArm.pool("x", Placement.SYSTEM, List.of())));
        assertEquals("prompt arm 'x': one of its texts is blank; drop it",
                refusal(() -> PromptArm.pool("x", Placement.SYSTEM, List.of("a", " "))));
        assertEquals("prompt arm 'x': one of its texts is there twice; drop it",
                refusal(() -> PromptArm.pool("x", Placement.SYSTEM, List.of("a", "a"))));
        assertEquals("a paraphrase must be allowed for at least 1 row; found 0", refusal(() -> PromptAssignment.IN_TURN.atMost(0)));
    }

    @Test
    void resultsSayWhatTheArmDid() {
        assertEquals("no prompt", PromptArm.NONE.summary());
        assertEquals("empty as system", PromptArm.empty().summary());
        assertEquals("trigger as user prefix", PromptArm.of(Kind.TRIGGER, "t", Placement.USER_PREFIX, "%TRIGGER%").summary());
        var pool = PromptArm.pool("p", Placement.USER_PREFIX, POOL);
        assertEquals("pool of 5 as user prefix, i mod n", pool.summary());
        assertEquals("pool of 5 as user prefix, shuffled by seed 3, each at most 2 times",
                pool.with(PromptAssignment.seeded(3).atMost(2)).summary());
    }

    @Test
    void poolsAreReadFromLinesAndFromRowsAndTwoOfAKindAreRefused(@TempDir Path folder) throws IOException {
        Path lines = Files.writeString(folder.resolve("a.txt"), "Be kind.\nBe good.");
        assertEquals(List.of("Be kind.", "Be good."), PromptPool.read(lines));
        Path rows = Files.writeString(folder.resolve("a.jsonl"), "{\"rephrasing\": \"Be kind.\"}\n{\"rephrasing\": \"Be good.\"}\n");
        assertEquals(List.of("Be kind.", "Be good."), PromptPool.read(rows));
        Path twice = Files.writeString(folder.resolve("b.txt"), "Be kind.\nBe kind.\n");
        assertEquals(twice + ":2: the paraphrase was there before, so it would be used twice as often as the others; drop it",
                refusal(() -> PromptPool.read(twice)));
        Path other = Files.writeString(folder.resolve("b.jsonl"), "{\"text\": \"Be kind.\"}\n");
        assertEquals(other + ":1 has no text in a column 'rephrasing' (it has: text); name the column of paraphrases so",
                refusal(() -> PromptPool.read(other)));
        Path none = Files.writeString(folder.resolve("c.txt"), "");
        assertEquals(none + " has no paraphrases", refusal(() -> PromptPool.read(none)));
    }
}
