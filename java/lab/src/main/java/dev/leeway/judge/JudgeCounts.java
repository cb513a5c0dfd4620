package dev.leeway.judge;

/**
 * What a judge did.
 *
 * @param asked questions
 * @param fromCache those of them that a cache answered
 * @param missing those that got no answer
 * @param calls requests that were sent, repeated ones included
 * @param retries requests that repeated one that had failed
 * @param promptTokens tokens read
 * @param completionTokens tokens written
 */
public record JudgeCounts(long asked, long fromCache, long missing, long calls, long retries, long promptTokens, long completionTokens) {

    /** Nothing yet. */
    public static final JudgeCounts NONE = new JudgeCounts(0, 0, 0, 0, 0, 0, 0);

    /** One more question, with what came of it. */
    public JudgeCounts answered(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Given given -> new JudgeCounts(asked + 1, fromCache, missing, calls, retries,
                promptTokens + given.usage().promptTokens(), completionTokens + given.usage().completionTokens());
            case Verdict.Missing _ -> new JudgeCounts(asked + 1, fromCache, missing + 1, calls, retries, promptTokens, completionTokens);
        };
    }

    /** One more request. */
    public JudgeCounts called(boolean again) {
        return new JudgeCounts(asked, fromCache, missing, calls + 1, retries + (again ? 1 : 0), promptTokens, completionTokens);
    }

    /** The same with {@code more} questions that a cache answered. */
    public JudgeCounts cached(long more) {
        return new JudgeCounts(asked + more, fromCache + more, missing, calls, retries, promptTokens, completionTokens);
    }
}
