package dev.leeway.cli;

import dev.leeway.reward.Answers;
import dev.leeway.train.RolloutListener;
import java.util.ArrayList;
import java.util.Locale;

/**
 * Some completions of a rollout as lines for a terminal: the end of the prompt, the beginning of the completion, rewards, advantage.
 *
 * @param answers completions as text
 * @param count lines at most
 */
record CompletionTable(Answers answers, int count) {

    private static final int PROMPT = 28;
    private static final int COMPLETION = 52;

    String of(RolloutListener.Report rollout) {
        var lines = new ArrayList<String>();
        var names = new StringBuilder();
        rollout.functions().forEach(name -> names.append(String.format(Locale.ROOT, "  %" + width(name) + "s", name)));
        lines.add(String.format(Locale.ROOT, "completions of step %d", rollout.step()));
        lines.add("  " + padded("prompt", PROMPT) + "  " + padded("completion", COMPLETION) + names + "  advantage");
        for (int i = 0; i < Math.min(count, rollout.drawn().size()); i++) {
            lines.add(line(rollout, i));
        }
        return String.join("\n", lines);
    }

    private String line(RolloutListener.Report rollout, int place) {
        var drawn = rollout.drawn().get(place);
        var answer = answers.of(drawn.row(), drawn.completion().tokens(), !drawn.isTerminated());
        var rewards = new StringBuilder();
        for (int k = 0; k < rollout.functions().size(); k++) {
            double reward = rollout.rewards()[k][place];
            int width = width(rollout.functions().get(k));
            rewards.append(Double.isNaN(reward) ? "  " + " ".repeat(width - 1) + "–"
                : String.format(Locale.ROOT, "  %" + width + ".3f", reward));
        }
        return "  " + padded(end(oneLine(answer.prompt()), PROMPT), PROMPT) + "  "
            + padded(beginning(oneLine(answer.completion()) + (answer.truncated() ? " …" : ""), COMPLETION), COMPLETION) + rewards
            + String.format(Locale.ROOT, "  %9.3f", rollout.advantages()[place]);
    }

    private static int width(String name) {
        return Math.max(7, name.codePointCount(0, name.length()));
    }

    /** Characters of control, format and line ends would move the cursor of whoever looks at them. */
    private static String oneLine(String text) {
        return text.replace("\n", "↵").replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "·");
    }

    private static String beginning(String text, int width) {
        int length = text.codePointCount(0, text.length());
        return length <= width ? text : text.substring(0, text.offsetByCodePoints(0, width - 1)) + "…";
    }

    private static String end(String text, int width) {
        int length = text.codePointCount(0, text.length());
        return length <= width ? text : "…" + text.substring(text.offsetByCodePoints(0, length - width + 1));
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.codePointCount(0, text.length())));
    }
}
