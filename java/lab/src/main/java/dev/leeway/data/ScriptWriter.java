package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.template.RenderOptions;
import dev.leeway.text.template.Rendered;
import dev.leeway.text.template.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Conversations to text, and where in it the trained turns are: where the template's {@code generation} blocks say; and where it has none,
 * between the text of the conversation up to a turn, with the assistant's header, and the text with the turn.
 */
final class ScriptWriter {

    private final ChatFormat format;
    private final RenderOptions options;

    ScriptWriter(ChatFormat format) {
        this.format = format;
        this.options = RenderOptions.DEFAULT.withVariables(format.variables());
    }

    /**
     * The text of a conversation.
     *
     * @throws LeewayException without a place, if the template refuses it or nothing of it would be trained
     */
    Script write(Conversation conversation) {
        Rendered whole = render(conversation, conversation.messages().size(), false);
        List<Span> trained = trained(conversation, whole).stream().filter(span -> span.start() < span.end()).toList();
        if (trained.isEmpty()) {
            throw LeewayException.data("the template leaves no text of the assistant to train on; drop the row, use another template, or"
                    + " set assistant_only_loss: false");
        }
        return new Script(whole.text(), trained, Script.Kind.RENDERED);
    }

    private List<Span> trained(Conversation conversation, Rendered whole) {
        if (conversation.given() > 0) {
            return List.of(new Span(answerStart(conversation, conversation.given(), whole.text()), whole.text().length()));
        }
        if (format.trained() == TrainedTurns.ALL_TOKENS) {
            return List.of(new Span(0, whole.text().length()));
        }
        requireAssistant(conversation);
        boolean lastOnly = format.trained() == TrainedTurns.LAST_ASSISTANT;
        if (whole.assistantSpans().isEmpty()) {
            return turns(conversation, whole.text(), lastOnly);
        }
        return lastOnly ? List.of(whole.assistantSpans().getLast()) : whole.assistantSpans();
    }

    private static void requireAssistant(Conversation conversation) {
        for (int i = 0; i < conversation.messages().size(); i++) {
            if (conversation.isAssistant(i)) {
                return;
            }
        }
        throw LeewayException.data("it has no assistant turn, so nothing would be trained; drop it or set assistant_only_loss: false");
    }

    /** The assistant's messages by themselves, for a template that doesn't mark them. */
    private List<Span> turns(Conversation conversation, String whole, boolean lastOnly) {
        List<Span> turns = new ArrayList<>();
        for (int i = conversation.messages().size() - 1; i >= 0 && (turns.isEmpty() || !lastOnly); i--) {
            if (conversation.isAssistant(i)) {
                turns.addFirst(new Span(answerStart(conversation, i, whole), turnEnd(conversation, i, whole)));
            }
        }
        return turns;
    }

    private int turnEnd(Conversation conversation, int index, String whole) {
        if (index == conversation.messages().size() - 1) {
            return whole.length();
        }
        String upTo = render(conversation, index + 1, false).text();
        if (!whole.startsWith(upTo)) {
            throw unmarked(index);
        }
        return upTo.length();
    }

    /**
     * Where the message with this index starts to be said. The header that the template adds for a generation is given; where it goes
     * beyond what the whole text has (some open a thought), only what they share is.
     */
    private int answerStart(Conversation conversation, int index, String whole) {
        if (index == 0) {
            throw LeewayException.data("it starts with the assistant, and the template has no {% generation %} blocks that would say"
                    + " where; put the user's message before it");
        }
        String before = render(conversation, index, false).text();
        String header = render(conversation, index, true).text();
        if (!whole.startsWith(before)) {
            throw unmarked(index);
        }
        int shared = 0;
        while (shared < Math.min(header.length(), whole.length()) && header.charAt(shared) == whole.charAt(shared)) {
            shared++;
        }
        return Math.max(before.length(), shared);
    }

    private static LeewayException unmarked(int index) {
        return LeewayException.data("the template renders message %d differently once others follow, and has no {%% generation %%} blocks"
                + " that would say where it is; train the last turn only, or take a template with such blocks", index + 1);
    }

    private Rendered render(Conversation conversation, int messages, boolean generationPrompt) {
        List<Map<String, Object>> first = conversation.messages().subList(0, messages);
        RenderOptions chosen = conversation.tools().isEmpty() ? options : options.withTools(conversation.tools());
        return format.template().render(first, chosen.withGenerationPrompt(generationPrompt));
    }
}
