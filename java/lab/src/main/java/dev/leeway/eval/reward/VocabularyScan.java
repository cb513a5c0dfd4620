package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What a reward model gives to many texts as answers to one prompt.
 *
 * @param tokens from the largest reward to the smallest; those with the same keep the order of the vocabulary
 */
public record VocabularyScan(List<Token> tokens) {

    /**
     * A text of the vocabulary.
     *
     * @param id of the first token that decodes to it
     * @param text that the token decodes to
     * @param reward that it gets
     */
    public record Token(int id, String text, double reward) {
    }

    /** Sorts them. */
    public VocabularyScan {
        tokens = tokens.stream().sorted(Comparator.comparingDouble(Token::reward).reversed()).toList();
        if (tokens.isEmpty()) {
            throw LeewayException.data("a scan needs at least one token with a reward");
        }
    }

    /**
     * Mean, variance and skewness.
     *
     * @param mean Σ x / n
     * @param variance Σ (x − mean)² / n
     * @param skewness Σ (x − mean)³ / n / variance^1.5; 0 where nothing varies
     */
    public record Moments(double mean, double variance, double skewness) {

        /** Of at least one value. */
        public static Moments of(double[] values) {
            double mean = Arrays.stream(values).average().orElseThrow();
            double variance = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).average().orElseThrow();
            double third = Arrays.stream(values).map(value -> Math.pow(value - mean, 3)).average().orElseThrow();
            return new Moments(mean, variance, variance == 0 ? 0 : third / Math.pow(variance, 1.5));
        }
    }

    /** Of all its rewards. */
    public Moments moments() {
        return Moments.of(tokens.stream().mapToDouble(Token::reward).toArray());
    }

    /** The first few. */
    public List<Token> top(int count) {
        return tokens.subList(0, Math.min(count, tokens.size()));
    }

    /** The last few, in the same order. */
    public List<Token> bottom(int count) {
        return tokens.subList(Math.max(0, tokens.size() - count), tokens.size());
    }

    /** A row a token, best first. */
    public String csv() {
        var text = new StringBuilder("token_id,decoded,score\n");
        tokens.forEach(token -> text.append(token.id()).append(',').append(RewardTable.quoted(token.text())).append(',')
            .append(RewardTable.shortest(token.reward())).append('\n'));
        return text.toString();
    }
}
