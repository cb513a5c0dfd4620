package dev.leeway.text.template;

import java.time.ZonedDateTime;

/**
 * What one rendering carries along.
 *
 * @param budget what it may still spend
 * @param now    the time that {@code strftime_now} shows
 */
record Run(Budget budget, ZonedDateTime now) {

    private static final Table FILTERS =
            new Table().withAll(TextFilters.TABLE).withAll(NumberFilters.TABLE).withAll(SequenceFilters.TABLE).withAll(ChoiceFilters.TABLE);

    Value filter(String name, Value value, Arguments arguments) {
        return FILTERS.find(name).orElseThrow(() -> TemplateFailure.of("no filter named '%s'", name)).apply(value, arguments, this);
    }

    boolean test(String name, Value value, Arguments arguments) {
        return Tests.TABLE.find(name).orElseThrow(() -> TemplateFailure.of("no test named '%s'", name))
                .apply(value, arguments, this).truth();
    }

    static boolean hasFilter(String name) {
        return FILTERS.find(name).isPresent();
    }
}
