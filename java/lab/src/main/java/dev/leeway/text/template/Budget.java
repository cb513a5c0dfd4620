package dev.leeway.text.template;

/** What one rendering may still spend. Every loop of the interpreter and every text or list it makes passes here first. */
final class Budget {

    /** A character's share of a builder that doubles, of the finished text, and of one more copy. */
    private static final int BYTES_PER_CHAR = 6;
    /** A reference in a list that doubles, and a small object behind it. */
    private static final int BYTES_PER_ELEMENT = 64;
    /** Characters looked at for the price of one step. */
    private static final int CHARS_PER_STEP = 64;
    /** Characters of a sought part that are compared for the price of one looked at, where every place almost matches. */
    private static final int CHARS_PER_COMPARISON = 16;
    /** Evaluations nested inside one another, for each level of {@link Limits#depth}. */
    private static final int EVALUATIONS_PER_LEVEL = 4;

    private final long allowedSteps;
    private final long allowedBytes;
    private final int allowedDepth;
    private long steps;
    private long bytes;
    private int depth;

    /** @param units the size of the input, as {@link Limits} counts it */
    Budget(Limits limits, long units) {
        allowedSteps = limits.steps() + limits.stepsPerUnit() * units;
        allowedBytes = limits.bytes() + limits.bytesPerUnit() * units;
        allowedDepth = limits.depth() * EVALUATIONS_PER_LEVEL;
    }

    /** Pays for one evaluation. */
    void step() {
        spendSteps(1);
    }

    /** Pays for a step inside another one; {@link #leave} ends it. */
    void enter() {
        step();
        if (++depth > allowedDepth) {
            throw TemplateFailure.of("macros, loops or expressions nest more than %d deep", allowedDepth);
        }
    }

    void leave() {
        depth--;
    }

    /** Pays for looking at some characters or elements. */
    void look(long count) {
        spendSteps(count / CHARS_PER_STEP);
    }

    /** Pays for looking for a part in a text, however often it almost matches. */
    void search(String text, String part) {
        look((long) text.length() * (1 + part.length() / CHARS_PER_COMPARISON));
    }

    /** Pays for a text about to be made. */
    void chars(long count) {
        spendBytes(count, BYTES_PER_CHAR);
    }

    /** Pays for a list about to be made. */
    void elements(long count) {
        spendBytes(count, BYTES_PER_ELEMENT);
    }

    private void spendSteps(long count) {
        steps += count;
        if (steps > allowedSteps) {
            throw TemplateFailure.of("the template takes more than the %d steps that its input allows", allowedSteps);
        }
    }

    private void spendBytes(long count, int each) {
        if (count > (allowedBytes - bytes) / each) {
            throw TemplateFailure.of("the template makes more than the %d bytes of text and lists that its input allows", allowedBytes);
        }
        bytes += count * each;
    }
}
