package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.data.Columns;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.RowPlaces;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/**
 * The rows of files, encoded to be scored.
 *
 * @param rows in the order of the files
 * @param pairs whether each is a chosen and a rejected text
 * @param summary of the reading, for people
 */
record ScoreRows(List<ScoreRow> rows, boolean pairs, String summary) {

    /** Which rows, and how they are read. */
    static final class Options {

        @Option(names = "--dataset_name", paramLabel = "FILE[,FILE…]", split = ",", hideParamSyntax = true,
            description = "files of rows to score, or folders or patterns of them: .jsonl, .json with one list, .parquet (with DuckDB); "
                + ".gz too")
        List<Path> files = new ArrayList<>();

        @Option(names = "--columns", paramLabel = "PART=NAME[,…]",
            description = "other column names, such as prompt=question,completion=answer")
        Optional<String> columns = Optional.empty();

        @Option(names = "--max_length", paramLabel = "N",
            description = "tokens a text may have; rows with a longer one are not scored, and say so (default: as many as the model takes)")
        Optional<Integer> maxLength = Optional.empty();

        @ArgGroup(validate = false, heading = "%nPrompt arm:%n")
        final PromptArmOptions promptArm = new PromptArmOptions();

        void check(Problems problems) {
            promptArm.check(problems);
            problems.require(promptArm.assignment.filter("seeded"::equals).isEmpty(), "--prompt_assignment seeded: score has no --seed; "
                + "leave it out");
            problems.require(!files.isEmpty(), "--dataset_name is missing: name a .jsonl file");
            DataOptions.requireReadable("--dataset_name", files, Optional.empty(), problems);
            columns.ifPresent(text -> problems.check(() -> Columns.parse(text)));
            maxLength.ifPresent(length -> problems.require(length >= 2, "--max_length must be at least 2; got %d", length));
        }

        /** Reads all rows: for a reward model as a whole, for a language model with what is asked about marked. */
        ScoreRows read(ScoringModel model, Tokenizer tokenizer) {
            int positions = model.directory().config().maxPositionEmbeddings();
            if (maxLength.orElse(positions) > positions) {
                throw LeewayException.usage("--max_length %d is more than the model's max_position_embeddings %d; give at most that",
                    maxLength.get(), positions);
            }
            var parts = columns.map(Columns::parse).orElse(Columns.AS_NAMED);
            var expanded = files.stream().flatMap(name -> DataOptions.expand(name, Optional.empty()).stream()).toList();
            boolean pairs = requireOneKind(expanded, parts);
            var options = new DatasetReader.Options(parts, DatasetReader.Options.UNLIMITED, true,
                ChatFormat.ofModel(model.directory().path())).withPromptArm(promptArm.arm(0));
            var read = read(expanded, pairs, model.isReward(), tokenizer, options);
            return new ScoreRows(placed(read.units(), new RowPlaces(expanded).all(), maxLength.orElse(positions)), pairs,
                read.report().summary());
        }

        private static boolean requireOneKind(List<Path> files, Columns columns) {
            boolean pairs = DatasetReader.hasPairs(files.getFirst(), columns);
            files.stream().filter(file -> DatasetReader.hasPairs(file, columns) != pairs).findFirst().ifPresent(file -> {
                throw LeewayException.data("%s has %s, and %s has not; score them one after the other", pairs ? files.getFirst() : file,
                    "pairs of chosen and rejected", pairs ? file : files.getFirst());
            });
            return pairs;
        }

        private static RowSet<? extends Unit> read(List<Path> files, boolean pairs, boolean whole, Tokenizer tokenizer,
                DatasetReader.Options options) {
            if (pairs) {
                return whole ? DatasetReader.readRanked(files, tokenizer, options)
                    : DatasetReader.readPreferences(files, tokenizer, options);
            }
            return DatasetReader.read(files, tokenizer, whole ? options.whole() : options).rows();
        }

        private static List<ScoreRow> placed(List<? extends Unit> units, List<String> places, int maxLength) {
            Map<Long, Unit> byRow = new HashMap<>();
            units.forEach(unit -> byRow.put(unit.unitId(), unit));
            var rows = new ArrayList<ScoreRow>(places.size());
            for (int i = 0; i < places.size(); i++) {
                var unit = Optional.ofNullable(byRow.get((long) i));
                var place = places.get(i);
                rows.add(unit.map(found -> ScoreRow.of(place, found.sequences(), maxLength))
                    .orElseGet(() -> ScoreRow.leftOut(place, "no token of it is to be scored")));
            }
            return rows;
        }
    }
}
