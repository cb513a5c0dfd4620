package dev.leeway.text.template;

/**
 * How much work a template may cause. A unit of input is a value (a map, a list, a text, a number) or 64 characters of text: work is
 * allowed in proportion to it, so that a long conversation is never refused for its length, while a template that grows by itself
 * ends early.
 *
 * @param steps        expressions and statements evaluated, and blocks of 64 characters searched, whatever the input
 * @param stepsPerUnit further steps for each unit of input
 * @param bytes        estimated bytes of all texts and lists made on the way, garbage included, whatever the input
 * @param bytesPerUnit further bytes for each unit of input
 * @param depth        nesting of the template's source, and of macro calls and loops while it runs
 */
public record Limits(long steps, long stepsPerUnit, long bytes, long bytesPerUnit, int depth) {

    /** What {@link ChatTemplate#parse(String)} uses: 30,000 steps and 4 MB, each plus what the input adds, and depth 100. */
    public static final Limits DEFAULT = new Limits(30_000, 1_000, 4L << 20, 16L << 10, 100);

    /** The longest template that is read, in characters; the longest known ones have some 20,000. */
    static final int TEMPLATE_CHARS = 1 << 18;

    /** The most names, numbers, operators, … in a template; the longest known ones have some 2,000. */
    static final int TOKENS = 20_000;

    /** The longest chain of operators, filters or attributes: {@code a + b + …}, {@code a.b.c…}. */
    static final int CHAIN = 500;
}
