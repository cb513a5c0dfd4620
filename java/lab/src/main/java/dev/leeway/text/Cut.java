package dev.leeway.text;

/**
 * A place in a text, among its ids.
 *
 * @param before  how many ids stand wholly before it
 * @param crossed whether a token reaches across it
 */
public record Cut(int before, boolean crossed) {

    /**
     * The cut after a part of a text.
     *
     * @param part the ids of the part by itself
     * @param ids  the ids of the text
     * @param from where those of the part should be
     */
    static Cut after(int[] part, int[] ids, int from) {
        int shared = 0;
        while (shared < part.length && from + shared < ids.length && part[shared] == ids[from + shared]) {
            shared++;
        }
        return new Cut(from + shared, shared < part.length);
    }

    Cut plus(int ids) {
        return new Cut(before + ids, crossed);
    }
}
