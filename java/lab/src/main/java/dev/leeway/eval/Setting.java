package dev.leeway.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Under what an item is asked.
 *
 * @param prompt the evaluation prompt, which is the run's
 * @param context one of {@link Benchmark#contexts()}, which is the benchmark's
 */
public record Setting(EvaluationPrompt prompt, String context) {

    /** The context of benchmarks that have no other. */
    public static final String PLAIN = "plain";

    /** No evaluation prompt and no context. */
    public static final Setting BARE = new Setting(EvaluationPrompt.NONE, PLAIN);

    /** The context of benchmarks with several in which the item itself is asked, and nothing said about it. */
    public static final String UNMODIFIED = "original/unmodified";

    /** Whether an item is asked as it stands. */
    public boolean isBare() {
        return prompt.equals(EvaluationPrompt.NONE) && (context.equals(PLAIN) || context.equals(UNMODIFIED));
    }

    /**
     * What stands around every item of a run: a system turn, and text around what the user says.
     *
     * @param name names it in results
     * @param system the system turn; one with empty content is not the same as none
     * @param prefix before what the user says in the first turn, or empty
     * @param suffix behind what the user says in the last turn, or empty
     */
    public record EvaluationPrompt(String name, Optional<String> system, String prefix, String suffix) {

        /** Nothing around an item. */
        public static final EvaluationPrompt NONE = new EvaluationPrompt("none", Optional.empty(), "", "");

        /** A system turn. */
        public static EvaluationPrompt system(String name, String content) {
            return new EvaluationPrompt(name, Optional.of(content), "", "");
        }

        /** These turns with it around them. A system turn that is there already is behind the prompt's own and is refused with it. */
        public Prompt.Chat around(List<Turn> turns) {
            var all = new ArrayList<Turn>();
            system.ifPresent(content -> all.add(Turn.system(content)));
            for (int i = 0; i < turns.size(); i++) {
                boolean isFirst = i == 0 || turns.get(i - 1).role().equals("system");
                var turn = turns.get(i);
                all.add(turn.role().equals("user") ? Turn.user((isFirst ? prefix : "") + turn.content()
                    + (i == turns.size() - 1 ? suffix : "")) : turn);
            }
            return new Prompt.Chat(all);
        }

        /** What one user says, with it around. */
        public Prompt.Chat around(String content) {
            return around(List.of(Turn.user(content)));
        }
    }
}
