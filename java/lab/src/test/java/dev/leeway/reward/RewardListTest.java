package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.PromptExample;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RewardListTest {

    @TempDir
    private Path folder;
    private Tokenizer tokenizer;

    @BeforeEach
    void trainTokenizer() {
        tokenizer = TinyTokenizer.in(folder);
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    private Answers answers() {
        return new Answers(tokenizer, List.of(new PromptExample(tokenizer.encode("number", true), "number", List.of(),
            Map.of(Answer.REFERENCE, "#### 7"))));
    }

    @Test
    void everyRewardIsAskedForEveryCompletion() {
        var rewards = new RewardList(List.of(new NumericAnswer(), LengthReward.near(2)), new double[] {1, 0.2}, answers());
        assertEquals(List.of("gsm8k", "length:2"), rewards.names());
        assertArrayEquals(new double[] {1, 0.2}, rewards.weights());
        assertEquals(Set.of("answer"), rewards.reads());
        var given = rewards.of(List.of(Answering.of("#### 7", "7"), Answering.of("77")));
        assertArrayEquals(new double[] {1, Double.NaN}, given[0]);
        assertArrayEquals(new double[] {-0.5, 0}, given[1]);
    }

    @Test
    void weightsAreOneUnlessGiven() {
        assertArrayEquals(new double[] {1}, new RewardList(List.of(new CapitalsReward()), new double[0], answers()).weights());
        var refused = assertThrows(LeewayException.class, () -> new RewardList(List.of(new CapitalsReward()), new double[] {1, 2},
            answers()));
        assertTrue(refused.getMessage().startsWith("reward_weights has 2 weights for 1 rewards"), refused.getMessage());
    }

    @Test
    void aCompletionIsTheTextBehindItsPrompt() {
        var answers = answers();
        var whole = tokenizer.encode("number seven", true);
        var prompt = answers.rows().getFirst().tokens();
        var drawn = java.util.Arrays.copyOfRange(whole, prompt.length, whole.length);
        var ended = java.util.Arrays.copyOf(drawn, drawn.length + 1);
        ended[drawn.length] = tokenizer.endOfSequence().orElseThrow();
        assertEquals(" seven", answers.of(0, ended, false).completion(), "special tokens are no text");
        assertEquals(ended.length, answers.of(0, ended, false).tokens());
        assertEquals("", answers.of(0, new int[] {ended[drawn.length]}, false).completion());
        assertEquals("#### 7", answers.of(0, drawn, true).column(Answer.REFERENCE).orElseThrow());
    }

    @Test
    void closingTheListClosesItsRewards() {
        var closed = new ArrayList<String>();
        new RewardList(List.of(opened("one", closed), opened("two", closed)), new double[0], answers()).close();
        assertEquals(List.of("one", "two"), closed);
    }

    @Test
    void twoRewardsOfOneNameAreRefused() {
        var same = List.of(opened("model:a", new ArrayList<>()), opened("model:a", new ArrayList<>()));
        var refused = assertThrows(LeewayException.class, () -> new RewardList(same, new double[0], answers()));
        assertTrue(refused.getMessage().contains("two rewards that metrics would call model:a"), refused.getMessage());
    }

    private static Reward opened(String name, List<String> closed) {
        return new Reward() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public double[] of(List<Answer> answers) {
                return new double[answers.size()];
            }

            @Override
            public void close() {
                closed.add(name);
            }
        };
    }
}
