package dev.leeway.data;

import dev.leeway.text.template.Span;
import java.util.List;

/**
 * The text of one sequence and which parts of it are trained.
 *
 * @param text    what the tokenizer sees
 * @param trained parts in order, each not empty, none overlapping
 * @param kind    what the tokenizer adds to it
 */
record Script(String text, List<Span> trained, Kind kind) {

    /** Who puts the control tokens into a text. */
    enum Kind {
        /** The tokenizer: begin and end of sequence are added. */
        BARE,
        /** The template: nothing is added. */
        RENDERED,
        /** The template, whose control tokens are disguised so that what users spell stays text; see {@link ControlTokens}. */
        DISGUISED
    }

    static Script of(PromptCompletion row) {
        String text = row.prompt() + row.completion();
        return new Script(text, List.of(new Span(row.prompt().length(), text.length())), Kind.BARE);
    }
}
