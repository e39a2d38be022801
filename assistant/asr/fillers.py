"""What people say where a sentence takes any words: things on lists, music, languages. The ear's expectation only;

the open vocabulary hears everything else.
"""

from __future__ import annotations

_ITEMS = """
milk|bread|eggs|butter|cheese|yogurt|cream|flour|sugar|salt|pepper|rice|pasta|spaghetti|noodles|cereal|oats|honey|jam
olive oil|vinegar|ketchup|mustard|mayonnaise|soy sauce|tomato sauce|apples|bananas|oranges|lemons|limes|grapes|pears
strawberries|blueberries|avocados|tomatoes|potatoes|onions|garlic|carrots|lettuce|spinach|broccoli|cucumber|mushrooms
peppers|corn|beans|peas|chicken|beef|pork|ham|bacon|sausages|fish|salmon|tuna|tofu|coffee|tea|juice|orange juice
water|sparkling water|beer|wine|cookies|chocolate|ice cream|chips|crackers|nuts|peanut butter|cake|pizza|soup
toilet paper|paper towels|tissues|soap|shampoo|toothpaste|detergent|dish soap|trash bags|batteries|light bulbs|napkins
cat food|dog food|diapers|flowers|stamps|medicine|vitamins|apple|banana|onion|lemon|a gallon of milk|a dozen eggs
a loaf of bread|call mom|call the dentist|call the doctor|pay the bills|pay the rent|do the laundry|wash the car
water the plants|feed the cat|walk the dog|take out the trash|clean the kitchen|mow the lawn|buy a present
pick up the kids|book a table|renew the passport|change the filter|return the package
"""
_MUSIC = """
music|some music|jazz|some jazz|rock music|classical music|pop music|country music|relaxing music|the news|the radio
my favorite songs|my playlist|christmas music|the beatles|queen|pink floyd|bob dylan|madonna|taylor swift|mozart|bach
beethoven|led zeppelin|the rolling stones|david bowie|michael jackson|johnny cash|coldplay|adele
"""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase for line in text.strip().splitlines() for phrase in line.split("|"))


ITEMS = _phrases(_ITEMS)
MUSIC = _phrases(_MUSIC)
FILLERS: dict[str, tuple[str, ...]] = {
    "item": ITEMS,
    "items": ITEMS,
    "list_items": ITEMS,
    "todo_list_item": ITEMS,
    "shopping_list_item": ITEMS,
    "search_query": MUSIC,
}
