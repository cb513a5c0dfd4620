package dev.leeway.eval.choice;

import dev.leeway.LeewayException;
import dev.leeway.eval.Csv;
import dev.leeway.eval.Item;
import dev.leeway.eval.TextHash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A question of MMLU.
 *
 * @param id {@code anatomy/12-0f3a5b7c}: subject, row, and a hash of the question
 * @param subject as its file is named: {@code high_school_biology}
 * @param question without its options
 * @param choices four
 * @param right the place of the right one, from 0
 */
public record MmluItem(String id, String subject, String question, List<String> choices, int right) implements Item {

    static final List<String> LETTERS = List.of("A", "B", "C", "D");

    private static final List<String> NAMES = List.of("question", "choice0", "choice1", "choice2", "choice3", "answer");

    /** Takes a copy. */
    public MmluItem {
        choices = List.copyOf(choices);
    }

    @Override
    public Map<String, String> slices() {
        return Map.of("subject", subject);
    }

    /**
     * The questions of a subject: rows of question, four choices and the answer as letter or as number from 0; a row with the columns'
     * names may stand above them.
     *
     * @throws LeewayException for a row that is none, with its place
     */
    static List<MmluItem> read(Path file, String subject) {
        var items = new ArrayList<MmluItem>();
        for (var line : Csv.lines(file)) {
            if (!items.isEmpty() || !line.fields().equals(NAMES)) {
                items.add(item(items.size() + 1, subject, line));
            }
        }
        if (items.isEmpty()) {
            throw LeewayException.data("%s has no questions; expected rows of question, four choices and the answer", file);
        }
        return items;
    }

    private static MmluItem item(int row, String subject, Csv.Line line) {
        var fields = line.fields();
        if (fields.size() != NAMES.size()) {
            throw LeewayException.data("%s has %d fields; expected %d: question, four choices, answer", line.place(), fields.size(),
                NAMES.size());
        }
        IntStream.range(0, fields.size()).filter(at -> fields.get(at).isBlank()).findFirst().ifPresent(at -> {
            throw LeewayException.data("%s has an empty %s; fill it in or take the row away", line.place(), NAMES.get(at));
        });
        return new MmluItem(subject + "/" + TextHash.id(row, fields.getFirst()), subject, fields.getFirst().strip(),
            fields.subList(1, 1 + LETTERS.size()).stream().map(String::strip).toList(), right(fields.getLast().strip(), line.place()));
    }

    private static int right(String answer, String place) {
        int letter = LETTERS.indexOf(answer);
        int number = List.of("0", "1", "2", "3").indexOf(answer);
        if (letter < 0 && number < 0) {
            throw LeewayException.data("%s has the answer '%s'; expected A to D, or 0 to 3", place, answer);
        }
        return Math.max(letter, number);
    }

    /** Question and lettered choices, a line each. */
    String lettered() {
        return IntStream.range(0, LETTERS.size()).mapToObj(at -> LETTERS.get(at) + ". " + choices.get(at))
            .collect(Collectors.joining("\n", question + "\n", ""));
    }
}
