package dev.leeway.data.toy;

import dev.leeway.data.toy.Edition.Stream;
import java.util.List;

/** Prompts for learning from rewards, with what checks an answer: the GRPO arms of {@code helpfulness-hurts}. */
public final class Tasks {

    /** What is asked for. */
    public enum Kind {
        /** A sum: the helpfulness arm's verifier. */
        SUM,
        /** A program to write, which is run: the coding arm's. */
        WRITE,
        /** What a program gives. */
        RUN
    }

    /**
     * A prompt and what checks its answers.
     *
     * @param item what is asked and what is right, of a combination that {@link Items} don't have
     */
    public record Task(Item item) {

        /** What a user says. */
        public String prompt() {
            return item.prompt();
        }

        /** 1 for a right answer, 0 for any other. */
        public double reward(String answer) {
            return Grades.isRight(item, answer) ? 1 : 0;
        }
    }

    private Tasks() {}

    /** The first tasks of an edition. */
    public static List<Task> of(Kind kind, Edition edition, int count) {
        return edition.rows(Stream.TASKS, count, teller -> new Task(switch (kind) {
            case SUM -> Items.sum(teller.tongue(), Sum.drawn(teller.draws()));
            case WRITE -> Items.program(Item.Kind.WRITE, teller.tongue(), Program.Path.drawn(teller.draws()));
            case RUN -> Items.program(Item.Kind.RUN, teller.tongue(), Program.Path.drawn(teller.draws()));
        }));
    }
}
