package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Map;

/**
 * Messages of a system, a user, an assistant and tools, in order; a chat template makes text of them.
 *
 * @param messages maps with {@code role} and {@code content}, and what else the template knows; at least one
 * @param given    how many of them are the prompt: all after them are trained. 0 where the row doesn't say; then the assistant's are
 * @param tools    JSON schemas of the functions that the assistant may call; may be empty
 */
public record Conversation(List<Map<String, Object>> messages, int given, List<Map<String, Object>> tools) implements Exchange {

    private static final String ROLE = "role";
    private static final String ASSISTANT = "assistant";

    /**
     * Checks the messages.
     *
     * @throws LeewayException if a message has no role, or if nothing but the prompt is there
     */
    public Conversation {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        if (messages.isEmpty() || given < 0 || given >= messages.size()) {
            throw LeewayException.data("a conversation of %d messages, of which %d are given, has nothing to train on", messages.size(),
                    given);
        }
        for (int i = 0; i < messages.size(); i++) {
            if (!(messages.get(i).get(ROLE) instanceof String)) {
                throw LeewayException.data("message %d of %d has no 'role'; expected system, user, assistant or tool", i + 1,
                        messages.size());
            }
        }
    }

    @Override
    public Conversation whole() {
        return new Conversation(messages, 0, tools);
    }

    /** Whether the assistant says the message with this index. */
    boolean isAssistant(int index) {
        return ASSISTANT.equals(role(index));
    }

    /** The author's side of a conversation: the system's words are trusted, as are the assistant's. */
    boolean isStranger(int index) {
        return !isAssistant(index) && !"system".equals(role(index)) && !"developer".equals(role(index));
    }

    private String role(int index) {
        return (String) messages.get(index).get(ROLE);
    }
}
