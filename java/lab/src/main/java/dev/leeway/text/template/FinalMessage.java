package dev.leeway.text.template;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Map;

/** Ends a rendered conversation where its last message's content ends, so that a model goes on with that message. */
final class FinalMessage {

    private FinalMessage() {}

    /** Templates may strip the content: white space at its end is kept only if it is in the text. */
    static Rendered cut(Rendered rendered, List<? extends Map<String, ?>> messages) {
        String content = content(messages);
        String bare = CodePoints.strip(content);
        int start = rendered.text().lastIndexOf(bare);
        if (start < 0) {
            throw LeewayException.data("the last message's content isn't in the rendered text, so it can't be continued; "
                    + "the template leaves it out or changes it");
        }
        boolean whole = rendered.text().startsWith(content, start) && CodePoints.stripStart(content, CodePoints::space).equals(content);
        return rendered.cut(start + (whole ? content.length() : bare.length()));
    }

    private static String content(List<? extends Map<String, ?>> messages) {
        Object content = messages.isEmpty() ? null : messages.getLast().get("content");
        if (content instanceof List<?> parts) {
            content = parts.reversed().stream().filter(part -> part instanceof Map<?, ?> map && map.containsKey("text")).findFirst()
                    .<Object>map(part -> ((Map<?, ?>) part).get("text")).orElse(null);
        }
        if (content instanceof CharSequence text) {
            return text.toString();
        }
        throw LeewayException.data("the last message has no text that could be continued");
    }
}
