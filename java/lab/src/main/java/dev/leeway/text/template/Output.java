package dev.leeway.text.template;

/** A text under construction that pays for every character before it takes it. */
final class Output {

    private final StringBuilder text = new StringBuilder();
    private final Budget budget;

    Output(Budget budget) {
        this.budget = budget;
    }

    Output append(String part) {
        budget.chars(part.length());
        text.append(part);
        return this;
    }

    Output append(char part) {
        budget.chars(1);
        text.append(part);
        return this;
    }

    Output appendCodePoint(int codePoint) {
        budget.chars(Character.charCount(codePoint));
        text.appendCodePoint(codePoint);
        return this;
    }

    Output repeat(String part, long times) {
        if (times > 0) {
            budget.chars(Math.multiplyExact(Math.min(times, Integer.MAX_VALUE), Math.max(1L, part.length())));
            text.repeat(part, (int) times);
        }
        return this;
    }

    int length() {
        return text.length();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
